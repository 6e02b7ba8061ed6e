/**
 * Keeps what a person reads where it is while rows come in above, between and below; at the end, stays at the end.
 *
 * Rows are the direct children of the list inside the scrolling element.
 */

import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Nearer than this to an edge counts as being there, in CSS pixels. */
const END_PX = 64;
const TOP_PX = 600;

export interface AnchoredScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly list: RefObject<HTMLOListElement | null>;
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly scrollToEnd: () => void;
}

interface Anchor {
  readonly row: HTMLElement;
  /** From the top of the scrolling element to the row's. */
  readonly offset: number;
}

/** `rows` is what changes the content; `onNearTop` is called after scrolling or a change, as long as the top is near. */
export function useAnchoredScroll(rows: unknown, onNearTop: () => void): AnchoredScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const sticksToEnd = useRef(true);
  const lastTop = useRef(0);
  const anchor = useRef<Anchor | null>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);

  const remember = useCallback(() => {
    const box = scroller.current;
    if (box === null || list.current === null) return;
    const isNearEnd = box.scrollHeight - box.scrollTop - box.clientHeight < END_PX;
    // Only going up leaves the end. Growth below does not: an image may load before the scrolling it calls for.
    sticksToEnd.current = isNearEnd || (sticksToEnd.current && box.scrollTop >= lastTop.current);
    lastTop.current = box.scrollTop;
    const row = firstVisible(list.current, box.scrollTop);
    anchor.current = row === null ? null : { row, offset: row.offsetTop - box.scrollTop };
  }, []);

  const restore = useCallback(() => {
    const box = scroller.current;
    if (box === null) return;
    if (sticksToEnd.current) box.scrollTop = box.scrollHeight;
    else if (anchor.current?.row.isConnected) box.scrollTop = anchor.current.row.offsetTop - anchor.current.offset;
    remember();
  }, [remember]);

  const onScroll = useCallback(() => {
    remember();
    setIsAtEnd(sticksToEnd.current);
    if (scroller.current !== null && scroller.current.scrollTop < TOP_PX) onNearTop();
  }, [remember, onNearTop]);

  const scrollToEnd = useCallback(() => {
    sticksToEnd.current = true;
    restore();
    setIsAtEnd(true);
  }, [restore]);

  useLayoutEffect(() => {
    restore();
    if (scroller.current !== null && scroller.current.scrollTop < TOP_PX) onNearTop();
  }, [rows, restore, onNearTop]);

  useEffect(() => {
    // The keyboard of a phone, a growing composer, a turned screen: the content moves without any row changing.
    const observer = new ResizeObserver(restore);
    if (scroller.current !== null) observer.observe(scroller.current);
    if (list.current !== null) observer.observe(list.current);
    return () => {
      observer.disconnect();
    };
  }, [restore]);

  return { scroller, list, isAtEnd, onScroll, scrollToEnd };
}

/** By bisection: rows are ordered, and there may be thousands. */
function firstVisible(list: HTMLElement, scrollTop: number): HTMLElement | null {
  const rows = list.children;
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle] as HTMLElement;
    if (row.offsetTop + row.offsetHeight > scrollTop) high = middle;
    else low = middle + 1;
  }
  return (rows[low] as HTMLElement | undefined) ?? null;
}

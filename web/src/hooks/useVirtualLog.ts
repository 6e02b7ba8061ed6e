/**
 * The rows of a log of which only those near the window are in the page: 10,000 are as quick as 100.
 *
 * What a person reads stays where it is while rows come in above, between and below, or change their height; at the end,
 * the end stays in view.
 */

import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Nearer than this to an edge counts as being there, in CSS pixels. */
const END_PX = 64;
const NEAR_PX = 600;
/** Rows in the page beyond those in view, above and below. */
const OVERSCAN = 8;

export interface KeyedRow {
  readonly key: string;
}

/** Which rows are in view, as indexes, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface VirtualLogOptions<R extends KeyedRow> {
  readonly rows: readonly R[];
  /** A guess, in CSS pixels, until a row has been in the page. */
  readonly heightOf: (row: R) => number;
  /** Called as long as an edge is near, after scrolling or a change. */
  readonly onNearTop: () => void;
  readonly onNearEnd: () => void;
}

export interface VirtualLog {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly virtualizer: Virtualizer<HTMLDivElement, HTMLLIElement>;
  readonly isAtEnd: boolean;
  readonly inView: Range | null;
  readonly scrollToEnd: () => void;
  /** Brings a row into the middle. */
  readonly scrollTo: (index: number) => void;
}

export function useVirtualLog<R extends KeyedRow>({
  rows,
  heightOf,
  onNearTop,
  onNearEnd,
}: VirtualLogOptions<R>): VirtualLog {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  // Nothing here is compiled, so nothing is memoised that should not be.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLLIElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    estimateSize: (index) => (rows[index] === undefined ? 0 : heightOf(rows[index])),
    overscan: OVERSCAN,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: END_PX,
  });
  useHeldPlace(rows, scroller, virtualizer);
  const edges = useRef({ onNearTop, onNearEnd });
  useLayoutEffect(() => {
    edges.current = { onNearTop, onNearEnd };
  });

  const look = useCallback(() => {
    const box = scroller.current;
    if (box === null) return;
    const belowPx = box.scrollHeight - box.scrollTop - box.clientHeight;
    setIsAtEnd(belowPx < END_PX);
    if (box.scrollTop < NEAR_PX) edges.current.onNearTop();
    if (belowPx < NEAR_PX) edges.current.onNearEnd();
  }, []);
  useLayoutEffect(look, [rows, look]);
  useEffect(() => {
    const box = scroller.current;
    box?.addEventListener("scroll", look, { passive: true });
    return () => {
      box?.removeEventListener("scroll", look);
    };
  }, [look]);

  const scrollToEnd = useCallback(() => {
    virtualizer.scrollToEnd();
  }, [virtualizer]);
  const scrollTo = useCallback(
    (index: number) => {
      virtualizer.scrollToIndex(index, { align: "center" });
    },
    [virtualizer],
  );
  useHeldEnd(scroller, isAtEnd, scrollToEnd);
  useKeptFocus(scroller);

  const { range } = virtualizer;
  const inView = range === null ? null : { first: range.startIndex, last: range.endIndex };
  return { scroller, virtualizer, isAtEnd, inView, scrollToEnd, scrollTo };
}

/** A row in view, and how far below the log's upper edge it begins. */
interface Place {
  readonly key: string | number | bigint;
  readonly belowPx: number;
}

/**
 * The virtualizer holds on to the topmost row in view. Where that one is gone, as a seam is once it is filled, the next one
 * that is still there is held on to: else the reader is carried along to what came above.
 */
function useHeldPlace(
  rows: readonly KeyedRow[],
  scroller: RefObject<HTMLDivElement | null>,
  virtualizer: Virtualizer<HTMLDivElement, HTMLLIElement>,
): void {
  const places = useRef<readonly Place[]>([]);
  useLayoutEffect(() => {
    const indexOf = (place: Place): number => rows.findIndex(({ key }) => key === place.key);
    const [top, ...others] = places.current;
    if (top === undefined || indexOf(top) !== -1) return;
    const held = others.find((place) => indexOf(place) !== -1);
    const item = held && virtualizer.measurementsCache[indexOf(held)];
    if (held !== undefined && item !== undefined) virtualizer.scrollToOffset(item.start - held.belowPx);
  }, [rows, virtualizer]);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return undefined;
    const note = (): void => {
      const { scrollTop } = box;
      const inView = virtualizer.getVirtualItems().filter(({ end }) => end > scrollTop);
      places.current = inView.map(({ key, start }) => ({ key, belowPx: start - scrollTop }));
    };
    note();
    box.addEventListener("scroll", note, { passive: true });
    return () => {
      box.removeEventListener("scroll", note);
    };
  });
}

/** The keyboard of a phone, a growing composer, a turned screen: the end stays in view although no row has changed. */
function useHeldEnd(scroller: RefObject<HTMLDivElement | null>, isAtEnd: boolean, scrollToEnd: () => void): void {
  const held = useRef(isAtEnd);
  useLayoutEffect(() => {
    held.current = isAtEnd;
  }, [isAtEnd]);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (held.current) scrollToEnd();
    });
    if (scroller.current !== null) observer.observe(scroller.current);
    return () => {
      observer.disconnect();
    };
  }, [scroller, scrollToEnd]);
}

/** A row that has the focus leaves the page when it is scrolled far away: the log takes the focus then, and with it the keys. */
function useKeptFocus(scroller: RefObject<HTMLDivElement | null>): void {
  const focused = useRef<EventTarget | null>(null);
  useEffect(() => {
    const box = scroller.current;
    const onFocus = ({ target }: FocusEvent): void => {
      focused.current = target;
    };
    box?.addEventListener("focusin", onFocus);
    return () => {
      box?.removeEventListener("focusin", onFocus);
    };
  }, [scroller]);
  useLayoutEffect(() => {
    const { current: row } = focused;
    if (!(row instanceof Node) || row.isConnected || document.activeElement !== document.body) return;
    scroller.current?.focus({ preventScroll: true });
  });
}

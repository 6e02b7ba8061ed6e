/**
 * What is on screen, as the page's address says it: `#/room/general`, or a message there as `#/room/general/117`. Reload
 * and the back button just work.
 */

import type { Readable } from "@agent-chat/client/store";

const PLACE = /^#\/room\/([a-z0-9][a-z0-9-]{0,63})(?:\/([1-9][0-9]{0,14}))?$/;

export function roomInHash(hash: string): string | null {
  return PLACE.exec(hash)?.[1] ?? null;
}

/** The number of the message that the address names; null where it names none. */
export function messageInHash(hash: string): number | null {
  const seq = PLACE.exec(hash)?.[2];
  return seq === undefined ? null : Number(seq);
}

export function hashOf(room: string): string {
  return `#/room/${room}`;
}

/** A message's whole address, to be given to others. */
export function linkTo(room: string, seq: number): string {
  return `${window.location.origin}${window.location.pathname}${hashOf(room)}/${seq}`;
}

/** Watches a part of the address. */
function watched<T>(read: (hash: string) => T): Readable<T> {
  return {
    get: () => read(window.location.hash),
    subscribe: (listener) => {
      window.addEventListener("hashchange", listener);
      return () => {
        window.removeEventListener("hashchange", listener);
      };
    },
  };
}

export const route = watched(roomInHash);
export const messageRoute = watched(messageInHash);

export function goTo(room: string | null): void {
  window.location.hash = room === null ? "#/" : hashOf(room);
}

/** The message that the address named has been gone to: the same link leads there again. */
export function forgetMessage(room: string): void {
  window.history.replaceState(window.history.state, "", hashOf(room));
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Which room is on screen, as the page's address says it: `#/room/general`. Reload and the back button just work. */

import type { Readable } from "./store";

const PREFIX = "#/room/";

export function roomInHash(hash: string): string | null {
  if (!hash.startsWith(PREFIX)) return null;
  const room = hash.slice(PREFIX.length);
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(room) ? room : null;
}

export function hashOf(room: string): string {
  return PREFIX + room;
}

export const route: Readable<string | null> = {
  get: () => roomInHash(window.location.hash),
  subscribe: (listener) => {
    window.addEventListener("hashchange", listener);
    return () => {
      window.removeEventListener("hashchange", listener);
    };
  },
};

export function goTo(room: string | null): void {
  window.location.hash = room === null ? "#/" : hashOf(room);
}

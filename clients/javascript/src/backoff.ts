/** Waiting times between attempts: full jitter, so that clients cut off together do not come back together. */

/** A limit that starts at `firstMs` and doubles up to `mostMs`. */
export interface Window {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Until the server has said what it wants. */
export const DEFAULT_WINDOW: Window = { firstMs: 500, mostMs: 20_000 };

/** Uniform between 0 and the window's limit; `attempt` counts from 0. */
export function fullJitter(attempt: number, random: () => number, window: Window = DEFAULT_WINDOW): number {
  return Math.round(random() * Math.min(window.mostMs, window.firstMs * 2 ** attempt));
}

/** Waiting times between attempts: full jitter, so that clients cut off together do not come back together. */

export const FIRST_CEILING_MS = 500;
export const LAST_CEILING_MS = 20_000;

/** Uniform between 0 and a ceiling that doubles from 0.5 s to 20 s; `attempt` counts from 0. */
export function fullJitter(attempt: number, random: () => number): number {
  const ceiling = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** attempt);
  return Math.round(random() * ceiling);
}

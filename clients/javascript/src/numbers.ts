/**
 * The numbers of a room. Each Region that numbers a stage's rooms does so in an epoch of its own, of a billion numbers
 * that begin behind a multiple of it; what an epoch has not given before the next one began stands in the log as one
 * void entry. Pure.
 */

import type { Message } from "./frames.ts";

const EPOCH_NUMBERS = 1_000_000_000;

/** The last number that an entry of the log stands for: its own, or the end of what lies between two epochs. */
export function lastOf({ seq, until }: Pick<Message, "seq" | "until">): number {
  return Math.max(seq, until);
}

/**
 * How many numbers were given behind `earlier` up to `later`: in the epoch of `later` alone, where they differ. A multiple
 * of a billion is where an epoch begins that has given none yet: none gives so many that it would be a message's.
 */
export function givenBetween(earlier: number, later: number): number {
  const floor = Math.floor(later / EPOCH_NUMBERS) * EPOCH_NUMBERS;
  return Math.max(0, later - Math.max(earlier, floor));
}

/**
 * What an operator has typed about scaling, and the change that it makes. Knows the server's rules only as far as one:
 * a change names what is not as it was deployed, and nothing else.
 */

import type { Change, Concurrency, Config } from "./answers.generated";

export const LIMIT_NAMES: readonly string[] = ["user_rate_per_s", "user_burst", "room_rate_per_s"];
export const CONCURRENCY_KINDS = ["reserved", "provisioned", "pollers"] as const;

export type ConcurrencyKind = (typeof CONCURRENCY_KINDS)[number];

/** Typed texts by the name of the value: `direct`, or `message.deliver reserved`. */
export type Draft = Readonly<Record<string, string>>;

/** What a change consists of, without who asks and why. */
export type Wanted = Pick<Required<Change>, "thresholds" | "limits" | "functions">;

/** One value that will be another. Null: as it was deployed. */
export interface Difference {
  readonly name: string;
  readonly before: number | null;
  readonly after: number | null;
}

export function fieldOf(name: string, kind: ConcurrencyKind): string {
  return `${name} ${kind}`;
}

/** The texts that stand for what is in force. */
export function draftOf({ current, in_force, functions }: Config): Draft {
  const numbers = Object.entries(in_force).map(([name, value]) => [name, String(value)]);
  const concurrency = functions.flatMap((name) =>
    CONCURRENCY_KINDS.map((kind) => [fieldOf(name, kind), String(current.functions[name]?.[kind] ?? "")]),
  );
  return Object.fromEntries([...numbers, ...concurrency]) as Draft;
}

/** The names of texts that are no whole numbers; empty ones are, where a value may be left to the deployment. */
export function mistakesIn(draft: Draft): string[] {
  return Object.entries(draft)
    .filter(([name, text]) => !/^\d{1,9}$/u.test(text.trim()) && !(text.trim() === "" && name.includes(" ")))
    .map(([name]) => name);
}

/** Everything that the draft has otherwise than the deployment. */
export function wantedOf(config: Config, draft: Draft): Wanted {
  const changed = Object.keys(config.deployed).filter((name) => Number(draft[name]) !== config.deployed[name]);
  const pick = (isLimit: boolean): Record<string, number> =>
    Object.fromEntries(changed.filter((name) => LIMIT_NAMES.includes(name) === isLimit).map((name) => [name, Number(draft[name])]));
  const functions = Object.fromEntries(
    config.functions
      .map((name) => [name, concurrencyIn(draft, name)] as const)
      .filter(([, concurrency]) => Object.keys(concurrency).length > 0),
  );
  return { thresholds: pick(false), limits: pick(true), functions };
}

/** What would be otherwise than it is now. */
export function differences(config: Config, draft: Draft): Difference[] {
  const before = draftOf(config);
  return Object.keys(before)
    .filter((name) => numberIn(before[name]) !== numberIn(draft[name]))
    .map((name) => ({ name, before: numberIn(before[name]), after: numberIn(draft[name]) }));
}

function concurrencyIn(draft: Draft, name: string): Concurrency {
  const given = CONCURRENCY_KINDS.map((kind) => [kind, numberIn(draft[fieldOf(name, kind)])] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== null));
}

function numberIn(text: string | undefined): number | null {
  return text === undefined || text.trim() === "" ? null : Number(text);
}

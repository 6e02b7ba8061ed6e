/** What an operator has typed about a flag, as texts, and the rule that it makes. Pure. */

import type { FlagView, Rule } from "./answers.generated";

/** Names are lines of `NAME = VARIANT`; moments are texts of `datetime-local`, empty for none. */
export interface FlagDraft {
  readonly on: boolean;
  readonly shares: Readonly<Record<string, string>>;
  readonly users: string;
  readonly rooms: string;
  readonly roles: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly dealsAnew: boolean;
}

/** All but the control, which gets what the others leave. */
export function treatmentsOf({ variants }: FlagView): readonly string[] {
  return variants.slice(1);
}

export function draftOf(flag: FlagView): FlagDraft {
  const { rule } = flag;
  return {
    on: rule.on,
    shares: Object.fromEntries(treatmentsOf(flag).map((variant) => [variant, String(rule.shares[variant] ?? 0)])),
    users: lines(rule.users),
    rooms: lines(rule.rooms),
    roles: lines(rule.roles),
    startsAt: localText(rule.starts_at_ms),
    endsAt: localText(rule.ends_at_ms),
    dealsAnew: false,
  };
}

/** Throws `RangeError` with what to change. */
export function ruleOf(flag: FlagView, draft: FlagDraft): Rule {
  const shares = Object.entries(draft.shares).map(([variant, text]) => [variant, share(variant, text)] as const);
  return {
    on: draft.on,
    shares: Object.fromEntries(shares.filter(([, percent]) => percent > 0)),
    users: named(draft.users),
    rooms: named(draft.rooms),
    roles: named(draft.roles),
    starts_at_ms: moment(draft.startsAt),
    ends_at_ms: moment(draft.endsAt),
    round: flag.rule.round + (draft.dealsAnew ? 1 : 0),
  };
}

function share(variant: string, text: string): number {
  const percent = Number(text);
  if (text.trim() === "" || !Number.isInteger(percent) || percent < 0 || percent > 100) {
    throw new RangeError(`The share of ${variant} is a whole number from 0 to 100.`);
  }
  return percent;
}

function named(text: string): Record<string, string> {
  const entries = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [name = "", variant = ""] = line.split("=").map((part) => part.trim());
      if (name === "" || variant === "") throw new RangeError(`“${line.trim()}” is not of the form NAME = VARIANT.`);
      return [name, variant] as const;
    });
  return Object.fromEntries(entries);
}

function lines(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([name, variant]) => `${name} = ${variant}`)
    .join("\n");
}

function moment(text: string): number | null {
  return text === "" ? null : new Date(text).getTime();
}

/** As an input of type `datetime-local` has it, in the browser's zone. */
function localText(atMs: number | null): string {
  if (atMs === null) return "";
  const at = new Date(atMs);
  return new Date(atMs - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

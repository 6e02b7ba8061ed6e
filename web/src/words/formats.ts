/**
 * Numbers, moments and lists as people of one place write them, and how their language counts. All of it is the browser's
 * own `Intl`: a language brings words only.
 */

const DAY_MS = 86_400_000;
const MEGABYTE = 1_000_000;
/** From here on a day without its year might be taken for a later one. */
const YEAR_FROM_DAYS = 180;

/** The forms of a word that go with a count; `other` stands for those that a language doesn't tell apart. */
export type PluralForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

export interface Formats {
  /** As `Intl` takes it: the language, and where the browser says so the place. */
  readonly locale: string;
  readonly number: (value: number) => string;
  /** `share` is 0–1. */
  readonly percent: (share: number) => string;
  /** The form that goes with `count`; `#` in it becomes the number. */
  readonly plural: (count: number, forms: PluralForms) => string;
  /** "a, b and c". */
  readonly list: (items: readonly string[]) => string;
  readonly timeOfDay: (atMs: number) => string;
  /** As short as it can be in a list. */
  readonly briefTime: (atMs: number, nowMs?: number) => string;
  readonly dayName: (atMs: number, nowMs?: number) => string;
  readonly preciseTime: (atMs: number) => string;
  /** A length of time in its largest whole unit, from seconds to days: "90 seconds", "2 hours". */
  readonly duration: (seconds: number) => string;
  /** Of a file, in its largest unit up to megabytes: "12 kB", "3.4 MB". */
  readonly size: (bytes: number) => string;
}

export function formatsOf(locale: string): Formats {
  const date = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, options);
  const clock = date({ hour: "2-digit", minute: "2-digit" });
  const weekday = date({ weekday: "short" });
  const shortDate = date({ day: "numeric", month: "short" });
  const longDate = date({ weekday: "long", day: "numeric", month: "long" });
  const fullDate = date({ day: "numeric", month: "long", year: "numeric" });
  const precise = date({ dateStyle: "full", timeStyle: "medium" });
  const numbers = new Intl.NumberFormat(locale);
  const percents = new Intl.NumberFormat(locale, { style: "percent" });
  const plurals = new Intl.PluralRules(locale);
  const lists = new Intl.ListFormat(locale, { type: "conjunction" });
  const days = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const relativeDay = (ago: number): string => capitalised(days.format(-ago, "day"), locale);
  const sizeIn = (unit: string, value: number): string =>
    new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
  return {
    locale,
    number: (value) => numbers.format(value),
    percent: (share) => percents.format(share),
    plural: (count, forms) => (forms[plurals.select(count)] ?? forms.other).replaceAll("#", numbers.format(count)),
    list: (items) => lists.format(items),
    timeOfDay: (atMs) => clock.format(atMs),
    briefTime: (atMs, nowMs = Date.now()) => {
      const ago = daysAgo(atMs, nowMs);
      if (ago <= 0) return clock.format(atMs);
      if (ago === 1) return relativeDay(ago);
      return ago < 7 ? weekday.format(atMs) : shortDate.format(atMs);
    },
    dayName: (atMs, nowMs = Date.now()) => {
      const ago = daysAgo(atMs, nowMs);
      if (ago <= 1) return relativeDay(Math.max(0, ago));
      return ago < YEAR_FROM_DAYS ? longDate.format(atMs) : fullDate.format(atMs);
    },
    preciseTime: (atMs) => precise.format(atMs),
    duration: (seconds) => {
      const { unit, size } = UNITS.find((it) => seconds % it.size === 0 && seconds >= it.size) ?? SECOND;
      return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(seconds / size);
    },
    size: (bytes) => (bytes < MEGABYTE / 10 ? sizeIn("kilobyte", bytes / 1_000) : sizeIn("megabyte", bytes / MEGABYTE)),
  };
}

const SECOND = { unit: "second", size: 1 };
const UNITS = [{ unit: "day", size: 86_400 }, { unit: "hour", size: 3_600 }, { unit: "minute", size: 60 }, SECOND];

/** Calendar days between a moment and now; 0 is today. */
function daysAgo(atMs: number, nowMs: number): number {
  return Math.round((new Date(nowMs).setHours(0, 0, 0, 0) - new Date(atMs).setHours(0, 0, 0, 0)) / DAY_MS);
}

function capitalised(text: string, locale: string): string {
  return text.slice(0, 1).toLocaleUpperCase(locale) + text.slice(1);
}

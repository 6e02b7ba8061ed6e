/** Moments as operators compare them with logs: to the second, in the browser's zone. The console is in English. */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const precise = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

export function timeOfDay(atMs: number): string {
  return clock.format(atMs);
}

export function preciseTime(atMs: number): string {
  return precise.format(atMs);
}

/** As short as a table needs it: nothing that is shown is a year old. */
export function momentText(atMs: number): string {
  return moment.format(atMs);
}

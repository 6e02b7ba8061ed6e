/** Moments as people read them, in the browser's language and zone. */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const fullDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const precise = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** Calendar days between a moment and now; 0 is today. */
function daysAgo(atMs: number, nowMs: number): number {
  return Math.round((new Date(nowMs).setHours(0, 0, 0, 0) - new Date(atMs).setHours(0, 0, 0, 0)) / 86_400_000);
}

export function timeOfDay(atMs: number): string {
  return clock.format(atMs);
}

/** As short as it can be in a list. */
export function briefTime(atMs: number, nowMs: number = Date.now()): string {
  const days = daysAgo(atMs, nowMs);
  if (days <= 0) return clock.format(atMs);
  if (days === 1) return "Yesterday";
  return days < 7 ? weekday.format(atMs) : shortDate.format(atMs);
}

export function dayName(atMs: number, nowMs: number = Date.now()): string {
  const days = daysAgo(atMs, nowMs);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return days < 180 ? longDate.format(atMs) : fullDate.format(atMs);
}

export function preciseTime(atMs: number): string {
  return precise.format(atMs);
}

import type { Formats } from "../formats";

/** What members have reported, for moderators. */
export const reports = ({ preciseTime }: Formats) => ({
  title: "Reports",
  lead: "Whoever reported a message is not told what becomes of it.",
  none: "Nothing waits for you.",
  more: "There are more. They come once these are decided.",
  lost: "The message can’t be shown.",
  by: (name: string) => `Reported by ${name}`,
  at: preciseTime,
  dismiss: "Dismiss",
  remove: "Delete message",
  mute: (name: string) => `Mute ${name} for an hour`,
  ban: (name: string) => `Ban ${name}`,
  undecided: (why: string) => `The report is still open. ${why}`,
});

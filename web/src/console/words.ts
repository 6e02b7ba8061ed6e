/** Every word of the console. English only: it is for those who run the stage. */

import { RequestFailed } from "../protocol/errors";
import { ShapeError } from "../protocol/shape";

/** In the order in which they are listed. */
export const PANEL_NAMES = ["health", "alarms"] as const;

export type PanelName = (typeof PANEL_NAMES)[number];

export const PANEL_TITLES: Readonly<Record<PanelName, string>> = {
  health: "Health",
  alarms: "Alarms",
};

const FAILURES: Readonly<Record<string, string>> = {
  network: "The stage cannot be reached.",
  unauthorized: "Your session has ended. Sign in again.",
  version_conflict: "Somebody else changed this meanwhile. Look at it again before you change it.",
  still_running: "The same request is still being worked on. Try again in a moment.",
};

/** What the server refuses, it explains itself; the rest is said here. */
export function explainFailure(error: unknown): string {
  if (error instanceof ShapeError) return `The stage gave an answer that this version does not understand (${error.message}).`;
  if (!(error instanceof RequestFailed)) return "Something went wrong in the console itself. Reload the page.";
  return FAILURES[error.code] ?? (error.message === "" ? `Something went wrong (${error.code}).` : error.message);
}

export const CONSOLE = {
  title: "Console",
  panels: "Panels",
  skip: "Skip to the panel",
  signOut: "Sign out",
  signInAsAnother: "Sign in as somebody else",
  toTheChat: "To the chat",
  loading: "Loading …",
  refresh: "Refresh",
  refreshing: "Refreshing …",
  tryAgain: "Try again",
  working: "Working …",
  cancel: "Cancel",
  close: "Close",
  asOf: (time: string) => `As of ${time}`,
  notAnOperator: (name: string) =>
    `You are signed in as ${name}, who is no operator of this stage. Whoever deploys it can name you one.`,
};

export const HEALTH = {
  title: "Health",
  about: "What the stage stands on, asked at the same time; each has one second to answer.",
  dependency: "Dependency",
  state: "State",
  latency: "Latency",
  ok: "Answers",
  failing: "Does not answer",
  well: "Everything answers",
  degraded: "Degraded",
  none: "Nothing is looked at.",
  names: {
    rooms_table: "Table of rooms",
    messages_table: "Table of messages",
    connections_table: "Table of connections",
    delivery_queue: "Delivery queue",
    events_topic: "Topic of events",
    media_bucket: "Bucket of media",
  } as Readonly<Record<string, string>>,
  ms: (value: number) => `${value.toLocaleString(undefined, { maximumFractionDigits: 1 })} ms`,
};

export const ALARMS = {
  title: "Alarms",
  about: "Which alarms are on, who looks after each, and what changed in the last week.",
  alarm: "Alarm",
  when: "When",
  what: "What changed",
  since: "On since",
  who: "Who",
  note: "Note for the others",
  takeOn: "Take it on",
  takeOver: "Take it over",
  caredFor: "Looked after",
  history: "What changed",
  nobody: "Nobody has taken an alarm on in the last week.",
  nothing: "No alarm has changed in the last days.",
  count: (active: number, quiet: number) =>
    active === 0 ? `No alarm is on; ${quiet} are quiet.` : `${active} ${active === 1 ? "alarm is" : "alarms are"} on, ${quiet} are quiet.`,
  sinceWhen: (time: string) => `since ${time}`,
  looksAfterIt: (operator: string, note: string) => `${operator} looks after it: “${note}”`,
  effect: (name: string) => `Others will see that you look after ${name}, with your note. It does not end the alarm.`,
  runbook: (name: string) => `Runbook: ${name}`,
  noRunbook: (name: string) => `There is no runbook ${name} in this version.`,
};

/** Every word of the console. English only: it is for those who run the stage. */

import { RequestFailed } from "@agent-chat/client/errors";
import { ShapeError } from "@agent-chat/client/shape";

import type { Deal, FlagView, Request, Rule, VersionView } from "./answers.generated";

/** In the order in which they are listed. */
export const PANEL_NAMES = [
  "health",
  "alarms",
  "metrics",
  "queues",
  "scaling",
  "cache",
  "lookup",
  "flags",
  "cost",
  "infrastructure",
  "audit",
] as const;

export type PanelName = (typeof PANEL_NAMES)[number];

export const PANEL_TITLES: Readonly<Record<PanelName, string>> = {
  health: "Health",
  alarms: "Alarms",
  metrics: "Metrics",
  queues: "Dead letters",
  scaling: "Scaling",
  cache: "Caches",
  lookup: "Rooms and users",
  flags: "Flags",
  cost: "Cost and quotas",
  infrastructure: "Infrastructure",
  audit: "Audit",
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
  if (error instanceof RangeError) return error.message;
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

export const METRICS = {
  title: "Metrics",
  about: "The stage’s dashboards, as they were deployed. CloudWatch has a minute’s numbers a minute or two later.",
  dashboard: "Dashboard",
  period: "Look back",
  hours: (hours: number) => (hours === 1 ? "1 hour" : `${hours} hours`),
  noData: "No data in this time.",
  table: "As a table",
  time: "Time",
  none: "The stage has no dashboards.",
  number: (value: number, unit: string) => `${numberText(value)}${unit === "" ? "" : ` ${unit}`}`,
  chart: (title: string, labels: readonly string[]) => `${title}: ${labels.join(", ")}`,
  titleWithUnit: (title: string, unit: string) => (unit === "" || title.includes(unit) ? title : `${title} (${unit})`),
};

export const QUEUES = {
  title: "Dead letters",
  about: "What could not be worked off, by where it died. They are kept for 14 days: repair the cause, then redrive them.",
  queue: "Queue",
  waiting: "Waiting",
  hidden: "Being looked at",
  oldest: "Oldest",
  backTo: "Redriven to",
  look: "Look",
  none: "The stage has no queues of dead letters.",
  letter: "Letter",
  sent: "Sent",
  receives: "Received",
  outline: "What it says, without what people wrote",
  openedAbout: "Up to 20 of its letters. Looking takes them from everybody else for that moment.",
  empty: "No letter is waiting here.",
  contains: "Only those with this text",
  redrive: "Redrive …",
  discard: "Discard …",
  preview: "preview",
  why: "Why",
  destinations: {
    queue: "its queue",
    stream: "its function, from the stream",
    "state-machine": "its state machine",
    function: "its function",
  } as Readonly<Record<string, string>>,
  titles: { redrive: "Send letters again", discard: "Give letters up" },
  confirm: { redrive: "Redrive", discard: "Discard" },
  open: (queue: string) => `Open ${queue}`,
  opened: (queue: string) => `Letters of ${queue}`,
  count: (letters: number) => (letters === 0 ? "none" : letters.toLocaleString()),
  age: (seconds: number | null) => (seconds === null ? "–" : durationText(seconds)),
  effect: (action: "redrive" | "discard", chosen: number, lookedAt: number) =>
    `${chosen} of ${lookedAt} letters are meant. ${
      action === "redrive"
        ? "They go back to where they died, and leave this queue once they are there."
        : "They are kept in the stage’s bucket with your name and reason, and nobody works them off."
    }`,
  done: (action: "redrive" | "discard", count: number, failed: number) =>
    `${count} ${action === "redrive" ? "redriven" : "discarded"}, ${failed} failed and are still there.`,
};

export const SCALING = {
  title: "Scaling",
  about: "Thresholds of delivery, limits and concurrency. A change replaces the one before it, without a deployment.",
  limits: "Limits",
  thresholds: "Thresholds and windows of delivery",
  preview: "Preview the change",
  previewing: "Looking …",
  undo: "Undo edits",
  change: "Change how the stage scales",
  store: "Put it in force",
  why: "Why",
  value: "Value",
  before: "Now",
  after: "Then",
  changes: "What changes",
  effect: "What that does to rooms",
  room: "A room of",
  noChange: "Nothing changes.",
  asDeployed: "as deployed",
  emptyIsDeployed: "Empty: as deployed",
  history: "History",
  historyAbout: "Rolling back makes a new version of an old one’s values. Version 0 is the deployment.",
  noHistory: "Nobody has changed anything.",
  deployment: "The deployment",
  nothingElse: "as deployed",
  version: "Version",
  when: "When",
  who: "Who",
  values: "Values",
  back: "Way back",
  isInForce: "In force",
  names: {
    user_rate_per_s: "Commands of a user a second",
    user_burst: "Commands of a user at once",
    room_rate_per_s: "Messages of a room a second",
    direct: "Sockets posted to directly",
    tail: "Sockets before a room has a tail",
    coalesce: "Load before messages are joined",
    no_typing: "Load without typing notices",
    no_receipts: "Load without receipts",
    counts_only: "Load without comings and goings",
    digest: "Load before a digest",
    window_ms: "Shortest window, ms",
    longest_window_ms: "Longest window, ms",
    digest_ms: "Window of a digest, ms",
    digest_messages: "Messages in a digest",
  } as Readonly<Record<string, string>>,
  concurrency: {
    reserved: "Reserved",
    provisioned: "Provisioned",
    pollers: "Pollers",
  },
  deployed: (value: number | null) => (value === null ? "" : `Deployed: ${value}`),
  inForce: ({ version, operator, why }: VersionView) =>
    version === 0 ? "As deployed (version 0)." : `Version ${version} by ${operator}: “${why}”`,
  within: (ms: number) => `In force in every function within ${ms / 1_000} s; Lambda takes minutes to provision.`,
  load: (online: number, rate: number) => `${online.toLocaleString()} sockets, ${rate} messages a second`,
  delivery: (tier: string, step: string, windowMs: number, posts: number) =>
    `${tier}${step === "" || step === "normal" ? "" : `, ${step}`}${windowMs === 0 ? "" : `, every ${windowMs} ms`}, ${numberText(posts)} posts a second`,
  rollBack: (version: number) => `Go back to ${version}`,
  rollBackEffect: (version: number, values: string) =>
    `The values of version ${version} are in force again within seconds: ${values}.`,
};

export const CACHE = {
  title: "Caches",
  about: "How often each tier knew what it was asked for, in the newest minute that has numbers.",
  kind: "What",
  tier: "Tier",
  hits: "Hits",
  misses: "Misses",
  stale: "Stale",
  ratio: "Hit ratio",
  none: "Nothing was asked of the caches in the last minutes.",
  percent: (ratio: number | null) => (ratio === null ? "–" : `${(ratio * 100).toFixed(1)} %`),
  readAt: (time: string) => `Read ${time}`,
  events: (events: Readonly<Record<string, number>>) =>
    `Shared tier: ${Object.entries(events)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
  invalidate: "Declare something stale",
  invalidateAbout: "Only needed where a table was changed by hand, or after restoring one.",
  scope: "What",
  scopes: {
    room: "A room",
    user: "A user, in all rooms",
    prefix: "Rooms whose ids begin so",
    all: "Everything",
  } satisfies Readonly<Record<Request["scope"], string>>,
  value: "Id, or its beginning",
  declare: "Declare stale …",
  declareNow: "Declare stale",
  why: "Why",
  effect: (scope: Request["scope"], value: string) =>
    scope === "all"
      ? "Everything that is cached is read from the tables again: for a while they bear all of the load."
      : `What is cached of ${scope === "prefix" ? `rooms that begin with ${value}` : `${scope} ${value}`} is read from the tables again.`,
  declared: (ms: number) => `Noted; in force everywhere within ${ms / 1_000} s.`,
};

export const FLAGS = {
  title: "Flags and experiments",
  about: "What is tried out, and on whom. The first variant is the control: everybody else gets it.",
  on: "On",
  off: "Off",
  isOn: "It is on",
  variant: "Variant",
  exposures: "Made a difference",
  ack: "Send to ack, p99",
  delivery: "Stored to posted, p99",
  outcomes: "What came of it",
  outcomesAbout: "The newest minute that has numbers. “make experiment” judges whether a difference is more than chance.",
  none: "There are no flags in this version.",
  why: "Why",
  store: "Set the rule",
  dealAnew: "Deal everybody anew",
  named: {
    users: "Named users: NAME = VARIANT, one a line",
    rooms: "Named rooms",
    roles: "Named roles",
  },
  moments: { startsAt: "Starts (empty: at once)", endsAt: "Ends (empty: when it is switched off)" },
  edit: (flag: string) => `Change ${flag}`,
  shareOf: (variant: string) => `Share of ${variant}, %`,
  shareHint: (control: string) => `The rest gets ${control}.`,
  number: (value: number | null) => (value === null ? "–" : numberText(value)),
  ms: (value: number | null) => (value === null ? "–" : `${numberText(value)} ms`),
  changed: (version: number, time: string | null) =>
    version === 0 || time === null ? "Nobody has set a rule." : `Version ${version}, ${time}`,
  shares: ({ rule, variants, by }: FlagView) => sharesText(rule, variants, by),
  effect: ({ variants, by, in_force_within_ms }: FlagView, rule: Rule) =>
    `${rule.on ? sharesText(rule, variants, by) : `Everybody gets ${variants[0] ?? ""}.`} In force within ${in_force_within_ms / 1_000} s.`,
};

function sharesText({ shares, users, rooms, roles }: Rule, variants: readonly string[], by: string): string {
  const dealt = Object.entries(shares).map(([variant, percent]) => `${percent} % of ${by}s get ${variant}`);
  const named = Object.keys(users).length + Object.keys(rooms).length + Object.keys(roles).length;
  if (dealt.length === 0 && named === 0) return `Everybody gets ${variants[0] ?? ""}.`;
  const parts = [...dealt, `the rest ${variants[0] ?? ""}`, ...(named === 0 ? [] : [`${named} named`])];
  return `${parts.join(", ")}.`;
}

export const LOOKUP = {
  title: "Rooms and users",
  about: "Who is where and how it goes; what people say is not shown. What is done here is noted in the audit.",
  kind: "What",
  room: "Room",
  user: "User",
  id: "Id",
  userId: "Id of a user",
  lookUp: "Look up",
  why: "Why",
  when: "When",
  deal: "Moderate",
  moderate: "Moderate",
  message: "Message",
  reporter: "Reported by",
  reason: "Reason",
  reports: "Reports",
  noReports: "Nobody has reported a message here.",
  titleFact: "Title",
  kindFact: "Kind",
  members: "Members",
  owner: "Owner",
  moderators: "Moderators",
  muted: "Muted",
  banned: "Banned",
  slowMode: "Slow mode",
  slowModeFor: "Seconds between a member’s messages",
  blockedWords: "Blocked words",
  newest: "Newest message",
  delivery: "Delivery",
  role: "Role",
  socket: "Socket",
  until: "Open until, at most",
  sockets: "Open sockets",
  noSockets: "None.",
  noRooms: "None.",
  erasure: "Erasure",
  export: "Export",
  notAsked: "not asked for",
  roomAbout: "As it stands now.",
  userAbout: "As they stand now. A user of whom nothing is known has no sockets and no rooms.",
  deals: {
    mute: "Mute for an hour",
    ban: "Ban",
    unban: "Let in again",
    delete: "Delete the message",
    slow_mode: "Set slow mode",
  } satisfies Readonly<Record<Deal["what"], string>>,
  roomTitle: (room: string) => `Room ${room}`,
  userTitle: (user: string) => `User ${user}`,
  rooms: (hasMore: boolean) => (hasMore ? "The first of their rooms" : "Their rooms"),
  names: (users: readonly string[]) => (users.length === 0 ? "nobody" : users.join(", ")),
  seconds: (seconds: number) => (seconds === 0 ? "off" : `${seconds} s`),
  memberCount: (members: number, hasMore: boolean) => `${members.toLocaleString()}${hasMore ? " and more" : ""}`,
  newestMessage: (seq: number, time: string | null) => (time === null ? "none" : `number ${seq}, ${time}`),
  deliveredBy: (tier: string, step: string, online: number) => `${tier}, ${step}, ${online} sockets at the last review`,
  deleteMessage: (seq: number) => `Delete ${seq}`,
  effect: (room: string, { what, user, seq, slow_mode_s }: Omit<Deal, "why">) => {
    switch (what) {
      case "mute":
        return `${user ?? ""} can’t write in ${room} for an hour. The room is told.`;
      case "ban":
        return `${user ?? ""} is put out of ${room} and can’t come back. The room is told.`;
      case "unban":
        return `${user ?? ""} may come back to ${room}. The room is told.`;
      case "delete":
        return `Message ${seq ?? 0} of ${room} is gone for everybody, with its files, and can’t be brought back.`;
      case "slow_mode":
        return `In ${room} each member may write ${slow_mode_s === 0 ? "as often as they like" : `once in ${slow_mode_s ?? 0} seconds`}. The room is told.`;
    }
  },
};

export const COST = {
  title: "Cost, estimated",
  quotas: "Quotas of the account",
  quotasAbout: "What is used of what AWS allows this account; other stages of the same account use of it, too.",
  quota: "Quota",
  gauge: "Share",
  used: "Used",
  limit: "Allowed",
  unknown: "not known",
  none: "The stage could not read its quotas.",
  percent: (share: number) => `${(share * 100).toFixed(0)} %`,
};

export const INFRASTRUCTURE = {
  title: "Infrastructure",
  about: "What the stage runs on, part by part: one that fails leaves the others alone.",
  nothing: "Nothing.",
  parts: {
    stacks: "Stacks",
    functions: "Functions",
    tables: "Tables",
    queues: "Queues",
    cdn: "CDN",
    purges: "Paths that the CDN was told to forget today",
    quotas: "Quotas of stacks and functions",
    account: "Quotas of the account",
  } as Readonly<Record<string, string>>,
  state: (state: string, items: number, ms: number) =>
    state === "ok" ? `${items} in ${Math.round(ms)} ms` : state === "late" ? "No answer in time" : "Does not answer",
};

export const AUDIT = {
  title: "Audit",
  explanation: "What operators did, as it was asked for. Days are those of UTC.",
  day: "Day",
  filter: "Filter",
  when: "When",
  who: "Who",
  what: "What",
  about: "About",
  why: "Why",
  none: "Nothing.",
  earlier: "Earlier ones",
  earlierDeeds: "Earlier that day",
  chain: "The chain",
  chainAbout:
    "Each record is bound to the one before it by its hash, so whatever was changed, removed or reordered shows. All records are read.",
  verify: "Verify it",
  number: "Number",
  broken: "What is wrong",
  verdict: (held: number, days: number, breaks: number, complete: boolean) =>
    `${held.toLocaleString()} records on ${days} ${days === 1 ? "day" : "days"} hold, ${breaks === 0 ? "none is broken" : `${breaks} do not`}${complete ? "" : "; time was up before the newest"}`,
};

/** Three digits are what anybody reads of a number that moves. */
export function numberText(value: number): string {
  return value.toLocaleString(undefined, Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 });
}

/** In the largest unit that there is one of. */
export function durationText(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
  ] as const;
  const found = units.find(([size]) => seconds >= size);
  return found === undefined ? `${seconds} s` : `${Math.floor(seconds / found[0])} ${found[1]}`;
}

/** What a stage with something in everything answers operators, and one with nothing in anything. */

import { NOON_MS } from "@agent-chat/client/testing/archive";

import type {
  Alarm,
  Alerts,
  Config,
  Dashboard,
  DeedView,
  Health,
  LetterView,
  Line,
  Part,
  QueueView,
  Sample,
  Status,
} from "../../src/console/answers.generated";
import { Operators } from "../../src/console/operators";
import { FLAG, ROOM, USER, VERSIONS } from "./stage";

const NOON_S = NOON_MS / 1_000;
const MINUTE_MS = 60_000;

const HEALTH: Health = {
  status: "degraded",
  checks: { messages: { ok: true, latency_ms: 6 }, rooms: { ok: true, latency_ms: 5 }, cache: { ok: false, latency_ms: 1_000 } },
};

const ALARM: Alarm = {
  name: "chat-prod-DeliveryAge",
  state: "ALARM",
  since_ms: NOON_MS - 12 * MINUTE_MS,
  reason: "Threshold Crossed: 3 datapoints were greater than the threshold (60.0).",
  means: "Messages wait longer than a minute to be delivered. See the runbook.",
  acknowledged: null,
};
const CARE = { operator: "grace", note: "The shard is split.", at_ms: NOON_MS - 5 * MINUTE_MS };
const ALERTS: Alerts = {
  active: [ALARM, { ...ALARM, name: "chat-prod-IndexLetters", acknowledged: CARE }],
  quiet: 41,
  history: [{ name: ALARM.name, at_ms: ALARM.since_ms, summary: "Alarm updated from OK to ALARM" }],
  cared_for: [{ name: "chat-prod-IndexLetters", since_ms: ALARM.since_ms, acknowledged: CARE }],
};

function line(label: string, level: number): Line {
  const at_s = Array.from({ length: 30 }, (_, minute) => NOON_S + 60 * (minute - 30));
  return { label, at_s, values: at_s.map((_at, minute) => level + (level / 5) * Math.sin(minute / 3)) };
}

const DASHBOARD: Dashboard = {
  name: "delivery",
  about: "How messages get to sockets: for whoever is on call.",
  hours: 3,
  read_at_ms: NOON_MS,
  panels: [
    { title: "Messages a minute", shows: "lines", unit: "", period_s: 60, lines: [line("sent", 900), line("delivered", 41_000)] },
    { title: "Cost a day", shows: "areas", unit: "$", period_s: 60, lines: [line("Lambda", 12), line("DynamoDB", 9)] },
    { title: "Open sockets", shows: "number", unit: "", period_s: 60, lines: [line("sockets", 102_400)] },
  ],
};

function sample(name: string, value: number, labels: Sample["labels"] = {}): Sample {
  return { name, value, labels: { stage: "prod", ...labels }, at_ms: NOON_MS };
}

const SAMPLES: readonly Sample[] = [
  sample("chat_cache_membership_memory_hit", 8_120),
  sample("chat_cache_membership_memory_miss", 310),
  sample("chat_cache_membership_shared_hit", 290),
  sample("chat_cache_membership_shared_stale", 20),
  sample("chat_cache_shared_failed", 3),
  sample("chat_exposures", 512, { variant: "recipients:pages" }),
  sample("chat_variant_ack_latency", 31, { variant: "recipients:pages" }),
];

function part(...items: Part["items"]): Part {
  return { state: "ok", took_ms: 120, items };
}

const STATUS: Status = {
  complete: false,
  read_at_ms: NOON_MS,
  parts: {
    stacks: part({ name: "chat-prod-service", status: "UPDATE_COMPLETE", changed_at_ms: NOON_MS }),
    queues: { state: "late", took_ms: 5_000, items: [] },
    tables: { state: "failed", took_ms: 12, items: [] },
    account: part({ key: "lambda_concurrency", used: 910, limit: 1_000 }, { key: "sockets", used: null, limit: 500 }),
    quotas: part({ name: "resources_of_a_stack", used: 396, limit: 500 }),
  },
};

const DEED: DeedView = {
  id: "d-2",
  operator: "grace",
  what: "scaling.change",
  about: "version 2",
  why: "A launch at noon",
  at_ms: NOON_MS,
};
const QUEUES: readonly QueueView[] = [
  { name: "delivery", waiting: 0, hidden: 0, oldest_s: null, redrive: "queue" },
  { name: "index", waiting: 12, hidden: 1, oldest_s: 4_210, redrive: "stream" },
];
const LETTER: LetterView = { id: "l-1", sent_at_ms: NOON_MS, receives: 3, outline: "room=general seq=17" };
const CONFIG: Config = {
  current: VERSIONS[0] ?? { version: 0, thresholds: {}, limits: {}, functions: {}, operator: "", why: "", at_ms: 0 },
  deployed: { direct: 100, user_burst: 10 },
  in_force: { direct: 80, user_burst: 10 },
  functions: ["message.deliver", "message.send"],
};

/** What panels read, and how. */
export type Reads = Pick<
  Operators,
  | "health"
  | "infrastructure"
  | "alerts"
  | "scaling"
  | "versions"
  | "metrics"
  | "dashboards"
  | "dashboard"
  | "audit"
  | "flags"
  | "deadLetters"
  | "letters"
  | "room"
  | "user"
>;

const at = Promise.resolve.bind(Promise);

const FULL: Reads = {
  health: () => at(HEALTH),
  infrastructure: () => at(STATUS),
  alerts: () => at(ALERTS),
  scaling: () => at(CONFIG),
  versions: () => at({ versions: VERSIONS }),
  metrics: () => at({ read_at_ms: NOON_MS, samples: SAMPLES }),
  dashboards: () => at({ names: ["delivery", "cost"] }),
  dashboard: (name) => at({ ...DASHBOARD, name }),
  audit: (day) => at({ day, deeds: [DEED], next: DEED.id }),
  flags: () => at({ flags: [FLAG] }),
  deadLetters: () => at({ queues: QUEUES }),
  letters: () => at({ letters: [LETTER] }),
  room: () => at(ROOM),
  user: () => at(USER),
};

const EMPTY: Reads = {
  ...FULL,
  health: () => at({ status: "ok", checks: {} }),
  infrastructure: () => at({ complete: true, read_at_ms: NOON_MS, parts: {} }),
  alerts: () => at({ active: [], quiet: 43, history: [], cared_for: [] }),
  versions: () => at({ versions: [] }),
  metrics: () => at({ read_at_ms: NOON_MS, samples: [] }),
  dashboard: (name) => at({ ...DASHBOARD, name, panels: DASHBOARD.panels.map((panel) => ({ ...panel, lines: [] })) }),
  audit: (day) => at({ day, deeds: [], next: null }),
  flags: () => at({ flags: [] }),
  deadLetters: () => at({ queues: [] }),
};

/** Each read of theirs, by what it is answered with instead. */
function all(answer: () => Promise<never>): Reads {
  return Object.fromEntries(Object.keys(FULL).map((name) => [name, answer])) as unknown as Reads;
}

function answering(reads: Reads): Operators {
  return Object.assign(new Operators("token"), reads);
}

/** Stages, by how they answer. */
export const STAGES = {
  full: answering(FULL),
  empty: answering(EMPTY),
  silent: answering(all(() => new Promise(() => undefined))),
  refusing: (error: Error) => answering(all(() => Promise.reject(error))),
};

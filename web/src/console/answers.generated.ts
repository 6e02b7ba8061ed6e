/**
 * What the console asks of operators' endpoints and what they answer, with readers of the answers.
 *
 * Written by `make contracts` from `contracts/endpoints.py`; change what that names, then this follows.
 */

import type { Reader as Read } from "@agent-chat/client/shape";
import {
  count,
  type Fields,
  fields,
  flag,
  known,
  list,
  map,
  optional,
  or,
  record,
  text,
} from "@agent-chat/client/shape";

/** How the stage is. `checks` is for operators only. */
export interface Health {
  readonly status: "degraded" | "ok" | "unknown";
  readonly checks: Readonly<Record<string, Check>> | null;
}

/** What was declared stale is noted under `id`. */
export interface Invalidation {
  readonly id: string;
  readonly in_force_within_ms: number;
}

/** All samples that were read at `read_at_ms`. */
export interface Measures {
  readonly read_at_ms: number;
  readonly samples: readonly Sample[];
}

/** All parts. `complete` says whether each has answered. */
export interface Status {
  readonly complete: boolean;
  readonly read_at_ms: number;
  readonly parts: Readonly<Record<string, Part>>;
}

/**
 * The active alarms, the oldest first, and how many others there are.
 *
 * Of the last week, the newest first: what changed, and who looked after what.
 */
export interface Alerts {
  readonly active: readonly Alarm[];
  readonly quiet: number;
  readonly history: readonly Turn[];
  readonly cared_for: readonly Care[];
}

/** All of the stage, by name. */
export interface Dashboards {
  readonly names: readonly string[];
}

/** Panels that somebody sees together; `about` says who, and what for. */
export interface Dashboard {
  readonly name: string;
  readonly about: string;
  readonly hours: number;
  readonly read_at_ms: number;
  readonly panels: readonly Panel[];
}

/** A page of a day (UTC), the newest first. `next` is where the next one starts, None at the day's beginning. */
export interface Deeds {
  readonly day: string;
  readonly deeds: readonly DeedView[];
  readonly next: string | null;
}

/** How many records hold, from the oldest on, of how many days. Not `complete`: time was up before the newest. */
export interface Chain {
  readonly held: number;
  readonly days: number;
  readonly complete: boolean;
  readonly breaks: readonly BreakView[];
}

/** All of the stage, by name. */
export interface Queues {
  readonly queues: readonly QueueView[];
}

/** Some letters of a queue, in no order. */
export interface Letters {
  readonly letters: readonly LetterView[];
}

/** What became of it. With `dry_run`, `letters` are those that are meant, and nothing was done with them. */
export interface Treated {
  readonly dry_run: boolean;
  readonly looked_at: number;
  readonly chosen: number;
  readonly done: number;
  readonly failed: readonly Failed[];
  readonly letters: readonly LetterView[];
}

/** One room. `tier`, `step` and `online` are as the room was reviewed last; `reports` the first by number. */
export interface RoomLook {
  readonly room: string;
  readonly title: string;
  readonly kind: string;
  readonly members: number;
  readonly more_members: boolean;
  readonly owner: string | null;
  readonly moderators: readonly string[];
  readonly banned: readonly string[];
  readonly muted: readonly string[];
  readonly slow_mode_s: number;
  readonly blocked_words: number;
  readonly last_seq: number;
  readonly last_said_at_ms: number | null;
  readonly tier: string;
  readonly step: string;
  readonly online: number;
  readonly reports: readonly ReportView[];
}

/** One user. `erasure` and `export` are the states of their jobs, None where they asked for none. */
export interface UserLook {
  readonly user: string;
  readonly sockets: readonly SocketView[];
  readonly rooms: readonly RoomRole[];
  readonly more_rooms: boolean;
  readonly erasure: string | null;
  readonly export: string | null;
}

/** It is done, and noted under `id`. */
export interface Dealt {
  readonly id: string;
}

/** All flags of this release, by name. */
export interface Flags {
  readonly flags: readonly FlagView[];
}

/** The stage as it scales: `deployed` with the changes of `current` is `in_force`. */
export interface Config {
  readonly current: VersionView;
  readonly deployed: Readonly<Record<string, number>>;
  readonly in_force: Readonly<Record<string, number>>;
  readonly functions: readonly string[];
}

/** The newest versions, the newest first. */
export interface Versions {
  readonly versions: readonly VersionView[];
}

/** What was stored, or would be, and its effect. Everywhere in force after `in_force_within_ms`. */
export interface Changed {
  readonly stored: boolean;
  readonly current: VersionView;
  readonly effect: readonly Effect[];
  readonly in_force_within_ms: number;
}

/** One dependency, as it answered within the last second. */
export interface Check {
  readonly ok: boolean;
  readonly latency_ms: number;
}

/** One number of the last whole minute that has one. `name` is as Prometheus takes it. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly at_ms: number;
}

/** One part's answer. `state` is `ok`, `failed`, or `late`: then `items` is empty and says nothing. */
export interface Part {
  readonly state: string;
  readonly took_ms: number;
  readonly items: readonly Fields[];
}

/** One alarm. `means` says what to do; `acknowledged` is of the time that it has been in this state, else None. */
export interface Alarm {
  readonly name: string;
  readonly state: string;
  readonly since_ms: number;
  readonly reason: string;
  readonly means: string;
  readonly acknowledged: Acknowledgement | null;
}

/** An alarm's change from one state to another. */
export interface Turn {
  readonly name: string;
  readonly at_ms: number;
  readonly summary: string;
}

/** An alarm that somebody looked after, on or over by now: it began at `since_ms`. */
export interface Care {
  readonly name: string;
  readonly since_ms: number;
  readonly acknowledged: Acknowledgement;
}

/** One graph, or one number with `shows` `number`. What has no data in a period has no value for it. */
export interface Panel {
  readonly title: string;
  readonly shows: "areas" | "lines" | "number" | "unknown";
  readonly unit: string;
  readonly period_s: number;
  readonly lines: readonly Line[];
}

/** One thing that an operator did. */
export interface DeedView {
  readonly id: string;
  readonly operator: string;
  readonly what: string;
  readonly about: string;
  readonly why: string;
  readonly at_ms: number;
}

/** Where the chain does not hold, and how that is seen. */
export interface BreakView {
  readonly day: string;
  readonly number: number;
  readonly why: string;
}

/**
 * One queue of dead letters. `hidden` ones are being looked at by somebody; `oldest_s` is None where there is none.
 *
 * `redrive` says where they go back to: `queue`, `stream`, `state-machine` or `function`.
 */
export interface QueueView {
  readonly name: string;
  readonly waiting: number;
  readonly hidden: number;
  readonly oldest_s: number | null;
  readonly redrive: string;
}

/** A letter that stays, and why. */
export interface Failed {
  readonly id: string;
  readonly why: string;
}

/** One letter; `outline` is its body without what people wrote. */
export interface LetterView {
  readonly id: string;
  readonly sent_at_ms: number;
  readonly receives: number;
  readonly outline: string;
}

/** A member's report of a message. */
export interface ReportView {
  readonly seq: number;
  readonly user: string;
  readonly reason: string;
  readonly at_ms: number;
}

/** One open socket, and until when it may stay. */
export interface SocketView {
  readonly connection: string;
  readonly expires_at_ms: number;
}

/** A room that a user is in, and as what. */
export interface RoomRole {
  readonly room: string;
  readonly title: string;
  readonly role: string | null;
}

/** One flag as operators see it. The first of `variants` is the control. Version 0: nobody has set a rule. */
export interface FlagView {
  readonly flag: string;
  readonly means: string;
  readonly variants: readonly string[];
  readonly by: string;
  readonly rule: Rule;
  readonly version: number;
  readonly changed_at_ms: number;
  readonly in_force_within_ms: number;
}

/** One version as operators see it. Version 0 is the deployment, which nobody asked for here. */
export interface VersionView {
  readonly version: number;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
  readonly functions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly operator: string;
  readonly why: string;
  readonly at_ms: number;
}

/** One room before and after. */
export interface Effect {
  readonly online: number;
  readonly rate_per_s: number;
  readonly size_bytes: number;
  readonly before: Delivery;
  readonly after: Delivery;
}

/** Who looks after an alarm, since when, and what they said. */
export interface Acknowledgement {
  readonly operator: string;
  readonly note: string;
  readonly at_ms: number;
}

/** One series, oldest first: `values[i]` is of the period that began at `at_s[i]` (seconds since 1970). */
export interface Line {
  readonly label: string;
  readonly at_s: readonly number[];
  readonly values: readonly number[];
}

/**
 * Who gets which variant of a flag.
 *
 * `shares` is what percentage of users, or rooms, gets each variant but the control, which is the rest's. Who is named
 * in `users`, `rooms` or `roles` gets the variant given there, in this order, and is compared with nobody. `round` is
 * part of the hash: another one deals everybody anew.
 */
export interface Rule {
  readonly on: boolean;
  readonly shares: Readonly<Record<string, number>>;
  readonly users: Readonly<Record<string, string>>;
  readonly rooms: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<string, string>>;
  readonly starts_at_ms: number | null;
  readonly ends_at_ms: number | null;
  readonly round: number;
}

/** How a room is delivered to: `posts_per_s` is what API Gateway bills. */
export interface Delivery {
  readonly tier: string;
  readonly step: string;
  readonly window_ms: number;
  readonly posts_per_s: number;
}

/** What is stale, and why: whoever looks into it later reads that. */
export interface Request {
  readonly scope: "all" | "prefix" | "room" | "user";
  readonly why: string;
  readonly value?: string;
}

/** What an operator says who takes an alarm on: the others read it. */
export interface Note {
  readonly note: string;
}

/** Which letters are meant: bodies with `contains` in them, `limit` at most. `dry_run` only shows them. */
export interface Treat {
  readonly why: string;
  readonly contains?: string;
  readonly limit?: number;
  readonly dry_run?: boolean;
}

/**
 * What an operator has done in a room, and why.
 *
 * `mute` (for `for_s`; 0 ends it), `ban` and `unban` are of the `user`, `delete` of message `seq`, `slow_mode` of the
 * whole room (`slow_mode_s` between two messages of a member; 0 ends it).
 */
export interface Deal {
  readonly what: "ban" | "delete" | "mute" | "slow_mode" | "unban";
  readonly why: string;
  readonly user?: string | null;
  readonly for_s?: number;
  readonly seq?: number | null;
  readonly slow_mode_s?: number;
}

/** What an operator asks for: the whole rule of one flag, behind which version of it, and why. */
export interface FlagChange {
  readonly flag: string;
  readonly rule: Rule;
  readonly if_version: number;
  readonly why: string;
}

/** What an operator asks for. With `dry_run` nothing is stored; `rooms` are those that the effect is shown on. */
export interface Change {
  readonly if_version: number;
  readonly why: string;
  readonly thresholds?: Readonly<Record<string, number>>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly functions?: Readonly<Record<string, Concurrency>>;
  readonly dry_run?: boolean;
  readonly rooms?: readonly RoomLoad[];
}

/** Which version's values are to be in force again, behind which one. */
export interface Rollback {
  readonly version: number;
  readonly if_version: number;
  readonly why: string;
}

/**
 * How much of one function runs at once.
 *
 * `reserved` for it alone, so many of them `provisioned` before anybody calls, and `pollers` of them for its queue:
 * where the queue has pollers of its own it is those that are bounded, of which each runs ten at once.
 */
export interface Concurrency {
  readonly reserved?: number | null;
  readonly provisioned?: number | null;
  readonly pollers?: number | null;
}

/** A room to show the effect on: sockets, messages a second, and bytes of a message. */
export interface RoomLoad {
  readonly online: number;
  readonly rate_per_s: number;
  readonly size_bytes?: number;
}

const delivery: Read<Delivery> = record<Delivery>({ tier: text, step: text, window_ms: count, posts_per_s: count });

const rule: Read<Rule> = record<Rule>({
  on: or(flag, false),
  shares: or(map(count), {}),
  users: or(map(text), {}),
  rooms: or(map(text), {}),
  roles: or(map(text), {}),
  starts_at_ms: optional(count),
  ends_at_ms: optional(count),
  round: or(count, 0),
});

const line: Read<Line> = record<Line>({ label: text, at_s: list(count), values: list(count) });

const acknowledgement: Read<Acknowledgement> = record<Acknowledgement>({ operator: text, note: text, at_ms: count });

const effect: Read<Effect> = record<Effect>({
  online: count,
  rate_per_s: count,
  size_bytes: count,
  before: delivery,
  after: delivery,
});

const versionView: Read<VersionView> = record<VersionView>({
  version: count,
  thresholds: map(count),
  limits: map(count),
  functions: map(map(count)),
  operator: text,
  why: text,
  at_ms: count,
});

export const flagView: Read<FlagView> = record<FlagView>({
  flag: text,
  means: text,
  variants: list(text),
  by: text,
  rule: rule,
  version: count,
  changed_at_ms: count,
  in_force_within_ms: or(count, 5000),
});

const roomRole: Read<RoomRole> = record<RoomRole>({ room: text, title: text, role: optional(text) });

const socketView: Read<SocketView> = record<SocketView>({ connection: text, expires_at_ms: count });

const reportView: Read<ReportView> = record<ReportView>({ seq: count, user: text, reason: text, at_ms: count });

const letterView: Read<LetterView> = record<LetterView>({
  id: text,
  sent_at_ms: count,
  receives: count,
  outline: text,
});

const failed: Read<Failed> = record<Failed>({ id: text, why: text });

const queueView: Read<QueueView> = record<QueueView>({
  name: text,
  waiting: count,
  hidden: count,
  oldest_s: optional(count),
  redrive: text,
});

const breakView: Read<BreakView> = record<BreakView>({ day: text, number: count, why: text });

const deedView: Read<DeedView> = record<DeedView>({
  id: text,
  operator: text,
  what: text,
  about: text,
  why: text,
  at_ms: count,
});

const panel: Read<Panel> = record<Panel>({
  title: text,
  shows: known("areas", "lines", "number"),
  unit: text,
  period_s: count,
  lines: list(line),
});

const care: Read<Care> = record<Care>({ name: text, since_ms: count, acknowledged: acknowledgement });

const turn: Read<Turn> = record<Turn>({ name: text, at_ms: count, summary: text });

export const alarm: Read<Alarm> = record<Alarm>({
  name: text,
  state: text,
  since_ms: count,
  reason: text,
  means: text,
  acknowledged: optional(acknowledgement),
});

const part: Read<Part> = record<Part>({ state: text, took_ms: count, items: list(fields) });

const sample: Read<Sample> = record<Sample>({ name: text, labels: map(text), value: count, at_ms: count });

const check: Read<Check> = record<Check>({ ok: flag, latency_ms: count });

export const changed: Read<Changed> = record<Changed>({
  stored: flag,
  current: versionView,
  effect: list(effect),
  in_force_within_ms: count,
});

export const versions: Read<Versions> = record<Versions>({ versions: list(versionView) });

export const config: Read<Config> = record<Config>({
  current: versionView,
  deployed: map(count),
  in_force: map(count),
  functions: list(text),
});

export const flags: Read<Flags> = record<Flags>({ flags: list(flagView) });

export const dealt: Read<Dealt> = record<Dealt>({ id: text });

export const userLook: Read<UserLook> = record<UserLook>({
  user: text,
  sockets: list(socketView),
  rooms: list(roomRole),
  more_rooms: flag,
  erasure: optional(text),
  export: optional(text),
});

export const roomLook: Read<RoomLook> = record<RoomLook>({
  room: text,
  title: text,
  kind: text,
  members: count,
  more_members: flag,
  owner: optional(text),
  moderators: list(text),
  banned: list(text),
  muted: list(text),
  slow_mode_s: count,
  blocked_words: count,
  last_seq: count,
  last_said_at_ms: optional(count),
  tier: text,
  step: text,
  online: count,
  reports: list(reportView),
});

export const treated: Read<Treated> = record<Treated>({
  dry_run: flag,
  looked_at: count,
  chosen: count,
  done: count,
  failed: list(failed),
  letters: list(letterView),
});

export const letters: Read<Letters> = record<Letters>({ letters: list(letterView) });

export const queues: Read<Queues> = record<Queues>({ queues: list(queueView) });

export const chain: Read<Chain> = record<Chain>({ held: count, days: count, complete: flag, breaks: list(breakView) });

export const deeds: Read<Deeds> = record<Deeds>({ day: text, deeds: list(deedView), next: optional(text) });

export const dashboard: Read<Dashboard> = record<Dashboard>({
  name: text,
  about: text,
  hours: count,
  read_at_ms: count,
  panels: list(panel),
});

export const dashboards: Read<Dashboards> = record<Dashboards>({ names: list(text) });

export const alerts: Read<Alerts> = record<Alerts>({
  active: list(alarm),
  quiet: count,
  history: list(turn),
  cared_for: list(care),
});

export const status: Read<Status> = record<Status>({ complete: flag, read_at_ms: count, parts: map(part) });

export const measures: Read<Measures> = record<Measures>({ read_at_ms: count, samples: list(sample) });

export const invalidation: Read<Invalidation> = record<Invalidation>({ id: text, in_force_within_ms: count });

export const health: Read<Health> = record<Health>({ status: known("degraded", "ok"), checks: optional(map(check)) });

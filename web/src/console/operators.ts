/**
 * Operators' endpoints with one operator's token: each answer is checked before it is believed.
 *
 * Whatever changes something takes an idempotency key, which its caller makes once and sends again with every repeat.
 * Fails as `protocol/api` does.
 */

import type { Reader } from "@agent-chat/client/shape";

import { STAGE } from "../state/stage";
import {
  type Alarm,
  alarm,
  type Alerts,
  alerts,
  type Chain,
  chain,
  type Change,
  type Changed,
  changed,
  type Config,
  config,
  type Dashboard,
  dashboard,
  type Dashboards,
  dashboards,
  type Deal,
  type Dealt,
  dealt,
  type Deeds,
  deeds,
  type FlagChange,
  type Flags,
  flags,
  type FlagView,
  flagView,
  type Health,
  health,
  type Invalidation,
  invalidation,
  type Letters,
  letters,
  type Measures,
  measures,
  type Queues,
  queues,
  type Request as Staleness,
  type Rollback,
  type RoomLook,
  roomLook,
  type Status,
  status,
  type Treat,
  type Treated,
  treated,
  type UserLook,
  userLook,
  type Versions,
  versions,
} from "./answers.generated";

const DEGRADED = 503;
/** API Gateway gives up after 29 s; some of these ask many parts of the stage. */
const TIMEOUT_MS = 30_000;

export class Operators {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** A degraded stage answers with 503, and says what is wrong all the same. */
  async health(): Promise<Health> {
    return health(await STAGE.call("GET", "/api/health", { token: this.#token, alsoTakes: DEGRADED }), "health");
  }

  infrastructure(): Promise<Status> {
    return this.#read("/api/infrastructure/status", status);
  }

  alerts(): Promise<Alerts> {
    return this.#read("/api/monitoring/alerts", alerts);
  }

  acknowledge(name: string, note: string, key: string): Promise<Alarm> {
    return this.#act(`/api/monitoring/alerts/${encodeURIComponent(name)}/acknowledge`, { note }, key, alarm);
  }

  scaling(): Promise<Config> {
    return this.#read("/api/scaling/config", config);
  }

  versions(): Promise<Versions> {
    return this.#read("/api/scaling/versions", versions);
  }

  changeScaling(change: Change, key: string): Promise<Changed> {
    return this.#act("/api/scaling/config", change, key, changed);
  }

  rollBack(rollback: Rollback, key: string): Promise<Changed> {
    return this.#act("/api/scaling/rollback", rollback, key, changed);
  }

  metrics(): Promise<Measures> {
    return this.#read("/api/metrics", measures);
  }

  dashboards(): Promise<Dashboards> {
    return this.#read("/api/monitoring/dashboards", dashboards);
  }

  dashboard(name: string, hours: number): Promise<Dashboard> {
    return this.#read(`/api/monitoring/dashboards/${encodeURIComponent(name)}?hours=${hours}`, dashboard);
  }

  /** A page of a day, as 2026-11-26; `start` is where an earlier page ended. */
  audit(day: string, start: string | null = null): Promise<Deeds> {
    const query = new URLSearchParams(start === null ? { day } : { day, start });
    return this.#read(`/api/audit?${query.toString()}`, deeds);
  }

  verifyAudit(): Promise<Chain> {
    return this.#read("/api/audit/chain", chain);
  }

  flags(): Promise<Flags> {
    return this.#read("/api/flags", flags);
  }

  changeFlag(change: FlagChange, key: string): Promise<FlagView> {
    return this.#act("/api/flags", change, key, flagView);
  }

  invalidate(wanted: Staleness, key: string): Promise<Invalidation> {
    return this.#act("/api/cache/invalidate", wanted, key, invalidation);
  }

  deadLetters(): Promise<Queues> {
    return this.#read("/api/dead-letters", queues);
  }

  /** Some of them; nobody else gets these for that moment. */
  letters(queue: string): Promise<Letters> {
    return this.#read(`/api/dead-letters/${encodeURIComponent(queue)}`, letters);
  }

  treatLetters(queue: string, action: "redrive" | "discard", wanted: Treat, key: string): Promise<Treated> {
    return this.#act(`/api/dead-letters/${encodeURIComponent(queue)}/${action}`, wanted, key, treated);
  }

  room(room: string): Promise<RoomLook> {
    return this.#read(`/api/oversight/rooms/${encodeURIComponent(room)}`, roomLook);
  }

  user(user: string): Promise<UserLook> {
    return this.#read(`/api/oversight/users/${encodeURIComponent(user)}`, userLook);
  }

  deal(room: string, wanted: Deal, key: string): Promise<Dealt> {
    return this.#act(`/api/oversight/rooms/${encodeURIComponent(room)}`, wanted, key, dealt);
  }

  async #read<T>(path: string, read: Reader<T>): Promise<T> {
    return read(await STAGE.call("GET", path, { token: this.#token, timeoutMs: TIMEOUT_MS }), path);
  }

  async #act<T>(path: string, body: object, idempotencyKey: string, read: Reader<T>): Promise<T> {
    return read(await STAGE.call("POST", path, { token: this.#token, body, idempotencyKey, timeoutMs: TIMEOUT_MS }), path);
  }
}

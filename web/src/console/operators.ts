/**
 * Operators' endpoints with one operator's token: each answer is checked before it is believed.
 *
 * Whatever changes something takes an idempotency key, which its caller makes once and sends again with every repeat.
 * Fails as `protocol/api` does.
 */

import { call } from "../protocol/api";
import type { Reader } from "../protocol/shape";
import {
  type Alarm,
  alarm,
  type Alerts,
  alerts,
  type Change,
  type Changed,
  changed,
  type Config,
  config,
  type Health,
  health,
  type Rollback,
  type Status,
  status,
  type Versions,
  versions,
} from "./answers.generated";

const DEGRADED = 503;

export class Operators {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** A degraded stage answers with 503, and says what is wrong all the same. */
  async health(): Promise<Health> {
    return health(await call("GET", "/api/health", { token: this.#token, alsoTakes: DEGRADED }), "health");
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

  async #read<T>(path: string, read: Reader<T>): Promise<T> {
    return read(await call("GET", path, { token: this.#token }), path);
  }

  async #act<T>(path: string, body: object, idempotencyKey: string, read: Reader<T>): Promise<T> {
    return read(await call("POST", path, { token: this.#token, body, idempotencyKey }), path);
  }
}

/**
 * The HTTP side of the protocol, at the stage's address in use: configuration, sessions, tickets, and what takes a socket's
 * place. Accounts stand in `account.ts`, uploads in `uploadServer.ts`.
 *
 * A failure is a `RequestFailed` with the server's code, `network` where no answer came, or a `ShapeError` where an
 * answer lacks what it must have.
 */

import { Addresses } from "./addresses.ts";
import type { Ticket } from "./connection.ts";
import { RequestFailed } from "./errors.ts";
import { tailChanges, tailLive, tailSegment } from "./frames.generated.ts";
import type { Author } from "./frames.ts";
import type { HttpEndpoints } from "./httpLine.ts";
import { measures } from "./measures.ts";
import { count, fields, type Fields, json, list, optional, ShapeError, text } from "./shape.ts";
import type { TailDocuments } from "./tail.ts";

const NOT_MODIFIED = 304;
const REQUEST_TIMEOUT_MS = 15_000;

export interface SiteConfig {
  readonly stage: string;
  /** The OpenID Connect issuer that signs people in, and what it calls this page; null where a name is enough. */
  readonly openId: OpenIdClient | null;
  /** The chains whose wallets may sign in; empty where none may. */
  readonly walletChains: readonly number[];
  /** Of all pages, which share is to tell how it fares: 0–1. */
  readonly measuredShare: number;
}

export interface OpenIdClient {
  readonly issuer: string;
  readonly clientId: string;
}

/** How a session can go on when it has run out, or whose it is to watch. */
export type SessionSource =
  | { readonly kind: "open_id"; readonly refreshToken: string | null }
  | { readonly kind: "wallet"; readonly wallet: string }
  | { readonly kind: "name" };

export interface Session {
  /** A bearer token: for this stage's API only. */
  readonly token: string;
  readonly user: Author;
  readonly expiresAtMs: number;
  readonly source?: SessionSource;
}

interface CallOptions {
  readonly token?: string;
  readonly body?: object;
  readonly signal?: AbortSignal;
  /** By which the server knows the same request when it comes again. */
  readonly idempotencyKey?: string;
  /** A status beside those of success whose body is the answer all the same. */
  readonly alsoTakes?: number;
  readonly timeoutMs?: number;
  /** Asks the stage's home, whichever address is in use. */
  readonly atHome?: boolean;
}

/** One stage, as its clients ask it. */
export class Stage {
  readonly addresses: Addresses;
  readonly #home: string;

  /** `home` is the origin that the stage's page has; nothing for a page that asks where it comes from. */
  constructor(home = "") {
    this.#home = home;
    this.addresses = new Addresses(home);
  }

  /** Learns besides where else the stage may be asked. */
  async readConfig(): Promise<SiteConfig> {
    const it = await this.call("GET", "/api/config");
    this.addresses.learn(list(text)(it["addresses"] ?? [], "config.addresses"));
    const openId =
      it["sign_in"] === "oidc"
        ? { issuer: text(it["issuer"], "config.issuer"), clientId: text(it["client_id"], "config.client_id") }
        : null;
    return {
      stage: text(it["stage"], "config.stage"),
      openId,
      walletChains: list(count)(it["wallet_chains"] ?? [], "config.wallet_chains"),
      measuredShare: optional(count)(it["measured_share"], "config.measured_share") ?? 0,
    };
  }

  /** Signs in at the built-in issuer. `name` has 1–40 characters. */
  async createSession(name: string): Promise<Session> {
    return sessionOf(await this.call("POST", "/api/sessions", { body: { name } }), { kind: "name" });
  }

  /** A nonce for one message of EIP-4361, good for five minutes. */
  async createWalletNonce(): Promise<string> {
    return text((await this.call("POST", "/api/wallet/nonces"))["nonce"], "nonce.nonce");
  }

  /** Signs in with a message that the wallet of that name has signed. */
  async createWalletSession(message: string, signature: string, wallet: string): Promise<Session> {
    const it = await this.call("POST", "/api/wallet/sessions", { body: { message, signature } });
    return sessionOf(it, { kind: "wallet", wallet });
  }

  async createTicket(token: string): Promise<Ticket> {
    const it = await this.call("POST", "/api/tickets", { token });
    return { ticket: text(it["ticket"], "ticket.ticket"), url: text(it["url"], "ticket.url") };
  }

  /**
   * Commands and events without a socket, each with the token that the session has by then. Nothing here ends by itself:
   * whoever asks sets the time limit.
   */
  endpointsOf(session: Pick<Session, "token">): HttpEndpoints {
    const { addresses } = this;
    return {
      post: async (frame, signal) => {
        const headers = { Authorization: `Bearer ${session.token}`, "Content-Type": "application/json" };
        measures.sent(frame);
        const response = await ask(`${addresses.base}/api/commands`, { method: "POST", headers, body: frame, signal });
        const reply = await arriving(response.text());
        measures.received(reply);
        return reply;
      },
      events: async function* (place, lastEventId, signal) {
        const headers = new Headers({ Authorization: `Bearer ${session.token}`, Accept: "text/event-stream" });
        if (lastEventId !== null) headers.set("Last-Event-ID", lastEventId);
        yield* partsOf(await ask(`${addresses.base}/api/events?rooms=${encodeURIComponent(place)}`, { headers, signal }));
      },
    };
  }

  /** Has the browser given the cookies that the room's images load with, for five minutes: on the page's own origin. */
  async createMediaAccess(token: string, room: string): Promise<void> {
    await this.call("GET", `/api/rooms/${encodeURIComponent(room)}/media-access`, { token, atHome: true });
  }

  /** The parts of tails, from the stage or from a cache before it. No token goes with them: their address is enough. */
  readonly tails: TailDocuments = {
    live: async (path, tag, signal) => {
      const headers = new Headers(tag === null ? {} : { "If-None-Match": tag });
      const url = `${this.addresses.base}${path}/live`;
      const response = await arriving(fetch(url, { headers, cache: "no-store", signal: limited(signal) }));
      if (response.status === NOT_MODIFIED) return null;
      const body = await arriving(response.text());
      if (!response.ok) throw refusal(response.status, body);
      return { live: tailLive(json(body, "live"), "live"), tag: response.headers.get("ETag") };
    },
    segment: async (path, number, signal) => tailSegment(await this.#tailPart(`${path}/segments/${number}`, signal), "segment"),
    changes: async (path, number, signal) => tailChanges(await this.#tailPart(`${path}/changes/${number}`, signal), "changes"),
  };

  async #tailPart(path: string, signal: AbortSignal): Promise<unknown> {
    const response = await ask(`${this.addresses.base}${path}`, { signal: limited(signal) });
    return json(await arriving(response.text()), path);
  }

  /** One request of an endpoint with its JSON; throws as everything here. */
  async call(method: "GET" | "POST" | "DELETE", path: string, options: CallOptions = {}): Promise<Fields> {
    const { token, body, idempotencyKey, alsoTakes, timeoutMs = REQUEST_TIMEOUT_MS, atHome = false } = options;
    const headers = new Headers({ Accept: "application/json" });
    if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (idempotencyKey !== undefined) headers.set("Idempotency-Key", idempotencyKey);
    const signal = options.signal === undefined ? AbortSignal.timeout(timeoutMs) : limited(options.signal);
    const url = `${atHome ? this.#home : this.addresses.base}${path}`;
    const response = await ask(url, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) }, alsoTakes);
    return fields(json(await arriving(response.text()), path), path);
  }
}

function sessionOf(it: Fields, source: SessionSource): Session {
  const user = fields(it["user"], "session.user");
  return {
    token: text(it["token"], "session.token"),
    user: { id: text(user["id"], "session.user.id"), name: text(user["name"], "session.user.name") },
    expiresAtMs: count(it["expires_at_ms"], "session.expires_at_ms"),
    source,
  };
}

function limited(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
}

/** An answer of success, as far as its headers. */
async function ask(url: string, init: RequestInit, alsoTakes?: number): Promise<Response> {
  const response = await arriving(fetch(url, { ...init, cache: "no-store" }));
  if (!response.ok && response.status !== alsoTakes) throw refusal(response.status, await arriving(response.text()));
  return response;
}

/** The text of a stream of events, part by part as it comes. */
async function* partsOf(response: Response): AsyncGenerator<string> {
  const type = response.headers.get("Content-Type") ?? "";
  // A page of whoever stands between here and the server is no answer of the server's.
  if (!type.startsWith("text/event-stream")) throw new RequestFailed(0, "network", `no stream of events but ${type}`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  for (let part = await arriving(reader.read()); !part.done; part = await arriving(reader.read())) {
    measures.received(part.value);
    yield part.value;
  }
}

/** Whatever keeps an answer from arriving is a failure without a status. */
async function arriving<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new RequestFailed(0, "network", error instanceof Error ? error.message : String(error));
  }
}

/** An error's body is the server's `{code, message, …}`, or whatever stands between here and the server has put there. */
function refusal(status: number, source: string): RequestFailed {
  try {
    const it = fields(json(source, "error"), "error");
    const retryAfterMs = optional(count)(it["retry_after_ms"], "error.retry_after_ms");
    return new RequestFailed(status, text(it["code"], "error.code"), text(it["message"], "error.message"), retryAfterMs);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return new RequestFailed(status, codeOf(status), `status ${status}`);
  }
}

function codeOf(status: number): string {
  if (status === 429) return "too_many_requests";
  return status >= 500 ? "unavailable" : "unexpected_answer";
}

/**
 * The way where no socket can be opened: commands are posted one by one, and each room subscribed to has a stream of its
 * events.
 *
 * The server posts nothing to whoever comes this way, so a subscription is held here: its reply says where the room's
 * stream begins. What no log holds does not come this way: see docs/protocol/http.md.
 */

import { CommandRefused, ConnectionLost, ReplyTimeout, RequestFailed } from "./errors.ts";
import { EventStream, type ReadEvents } from "./eventStream.ts";
import { type Action, type Commands, decodeResult, encodeCommand, type Results, type Subscribed } from "./frames.ts";
import { type Ending, type Line, type LineOptions, readFrames, REPLY_TIMEOUT_MS, type RequestOptions } from "./line.ts";
import { ShapeError } from "./shape.ts";

/** The endpoints that take a socket's place, for one session. */
export interface HttpEndpoints {
  /** Carries out a frame; answers with its reply, as text. Rejects with `RequestFailed`. */
  readonly post: (frame: string, signal: AbortSignal) => Promise<string>;
  readonly events: ReadEvents;
}

export class HttpLine implements Line {
  readonly opened = Promise.resolve();

  readonly #http: HttpEndpoints;
  readonly #options: LineOptions;
  readonly #random: () => number;
  /** Of the commands that are on their way. */
  readonly #calls = new Set<AbortController>();
  readonly #streams = new Map<string, EventStream>();
  /** Replies and events so far. */
  #arrived = 0;
  #isClosed = false;
  #isRetired = false;

  constructor(http: HttpEndpoints, options: LineOptions, random: () => number) {
    this.#http = http;
    this.#options = options;
    this.#random = random;
  }

  async request<A extends Action>(action: A, command: Commands[A], options: RequestOptions = {}): Promise<Results[A]> {
    if (this.#isClosed) throw new ConnectionLost();
    if (action === "unsubscribe") this.#unfollow((command as Commands["unsubscribe"]).room);
    const { id = crypto.randomUUID(), timeoutMs = REPLY_TIMEOUT_MS } = options;
    const call = new AbortController();
    const arrivedBefore = this.#arrived;
    const timer = setTimeout(() => {
      call.abort(new ReplyTimeout(action, timeoutMs));
      // As on a socket: where nothing at all arrived since, nobody is taken to be there.
      if (this.#arrived === arrivedBefore) this.#end("lost");
    }, timeoutMs);
    this.#calls.add(call);
    try {
      const reply = await this.#http.post(encodeCommand(action, id, command), call.signal);
      this.#arrived++;
      const result = resultOf(action, reply);
      if (action === "subscribe") this.#follow(result as Subscribed);
      return result;
    } catch (error) {
      throw call.signal.aborted ? (call.signal.reason as Error) : this.#reasonOf(error);
    } finally {
      clearTimeout(timer);
      this.#calls.delete(call);
      if (this.#isRetired && this.#calls.size === 0) this.close();
    }
  }

  close(): void {
    this.#end("closed");
  }

  retire(): void {
    this.#isRetired = true;
    if (this.#calls.size === 0) this.close();
  }

  #follow({ room: { room }, last_seq, last_rev }: Subscribed): void {
    this.#unfollow(room);
    if (this.#isClosed) return;
    const stream = new EventStream({
      place: `${room}:${last_seq}:${last_rev}`,
      read: this.#http.events,
      random: this.#random,
      onEvent: (event) => {
        this.#arrived++;
        this.#options.onEvent(event);
      },
      onFailed: (error) => {
        this.#streams.delete(room);
        const reason = this.#reasonOf(error);
        if (reason instanceof CommandRefused) this.#options.onExcluded(room, reason);
      },
    });
    this.#streams.set(room, stream);
  }

  #unfollow(room: string): void {
    this.#streams.get(room)?.close();
    this.#streams.delete(room);
  }

  /** What whoever asked is told of it; ends the line where nobody answers, or the session is over. */
  #reasonOf(error: unknown): Error {
    if (!(error instanceof RequestFailed)) return error instanceof Error ? error : new Error(String(error));
    if (error.status !== 0 && error.status !== 401) return refusalOf(error);
    this.#end(error.status === 0 ? "lost" : "refused");
    return new ConnectionLost();
  }

  #end(how: Ending): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of this.#streams.values()) stream.close();
    this.#options.onClosed(how);
    for (const call of this.#calls) call.abort(new ConnectionLost());
  }
}

function resultOf<A extends Action>(action: A, source: string): Results[A] {
  const [reply] = readFrames(source);
  if (reply?.type === "error") throw new CommandRefused(reply);
  if (reply?.type !== "ack") throw new ShapeError("reply", "an ack or an error");
  return decodeResult(action, reply.result);
}

/** No command was looked at: said as the server would of a command. */
function refusalOf({ code, message, temporary, retryAfterMs }: RequestFailed): CommandRefused {
  return new CommandRefused({ code, message, temporary, retry_after_ms: retryAfterMs });
}

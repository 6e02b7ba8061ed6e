/**
 * A user's chat for programs: signs in, keeps one connection, sends messages once each, follows rooms without gaps.
 *
 * Runs wherever `fetch` and `WebSocket` are: Node, workers, pages. A page that shows more than that takes the parts
 * (`connection.ts`, `room.ts`, `outbox.ts`, …) by themselves.
 */

import type { MessageChange } from "./changes.ts";
import { Connection, type ConnectionStatus, type Positions } from "./connection.ts";
import { ChatError, ConnectionLost, SessionEnded } from "./errors.ts";
import { feedOf, type FeedStart } from "./feed.ts";
import {
  type Action,
  type Author,
  type Commands,
  MAX_SYNCED,
  type Message,
  type Results,
  type Room,
  type Sent,
  type ServerEvent,
  type Synced,
} from "./frames.ts";
import { asSaid, MAX_KEPT, Outbox, type OutgoingMessage } from "./outbox.ts";
import { MemoryOutboxStore, type OutboxStore } from "./outboxStore.ts";
import { OpenRoom } from "./room.ts";
import { roomOf, tellRoom } from "./roomEvents.ts";
import type { ShapeError } from "./shape.ts";
import { Stage } from "./stage.ts";
import { sendFile } from "./upload.ts";
import { uploadServerOf } from "./uploadServer.ts";

const CONNECT_TIMEOUT_MS = 30_000;
/** A token that is refused sooner than this after another was is not asked for again. */
const REFUSED_AGAIN_MS = 60_000;
/** A command that is cut off so many times in a row is given up. */
const MAX_CUTS = 5;

/**
 * Who one is: a name, where the stage signs in by name, or a token of the stage's issuer. A function is asked for the token
 * of each connection, at the latest every two hours, and again where that is no longer accepted.
 */
export type Credentials = { readonly name: string } | { readonly token: string | (() => string | Promise<string>) };

export interface ChatOptions {
  /** What the server's log calls this program. */
  readonly client?: string;
  /** Ends the attempt to connect; 30 s where none is given. */
  readonly signal?: AbortSignal;
  readonly onStatus?: (status: ConnectionStatus) => void;
  /** All that the server tells, of which a feed shows the messages. */
  readonly onEvent?: (event: ServerEvent) => void;
  /** Where unsent messages are kept; in memory where nothing is given. What one program left there the next one sends. */
  readonly openStore?: (user: Author) => Promise<OutboxStore>;
}

export interface SubscribeOptions extends FeedStart {
  /** Ends the feed. */
  readonly signal?: AbortSignal;
  /** A message that was said before was edited, deleted, reacted to or pinned. */
  readonly onChange?: (change: MessageChange) => void;
}

export interface UploadOptions {
  readonly signal?: AbortSignal;
  /** 0–1. */
  readonly onProgress?: (done: number) => void;
}

interface Followed {
  readonly room: OpenRoom;
  feeds: number;
}

interface Waiting {
  readonly resolve: (sent: Sent) => void;
  readonly reject: (reason: ChatError | ShapeError) => void;
}

export class Chat {
  readonly #stage: Stage;
  readonly #token: () => Promise<string>;
  readonly #session = { token: "" };
  /** The token was asked for and not used for a ticket yet. */
  #isTokenNew = false;
  #refusedAtMs = -Infinity;
  readonly #options: ChatOptions;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #rooms = new Map<string, Followed>();
  /** By a message's id, who waits for its number. */
  readonly #unsent = new Map<string, Waiting>();
  /** With a reason where it was not `close` that ended it. */
  readonly #ending = new AbortController();
  /** Told of every change of the connection. */
  readonly #onStatus = new Set<() => void>();
  #turn = 0;
  /** The rooms that the last heartbeat asked about. */
  #asked: ReadonlySet<string> = new Set();

  private constructor(stage: Stage, token: () => Promise<string>, options: ChatOptions) {
    this.#stage = stage;
    this.#token = token;
    this.#options = options;
    this.#connection = new Connection({
      ...(options.client !== undefined && { client: options.client }),
      fetchTicket: async () => {
        if (!this.#isTokenNew) this.#session.token = await token();
        this.#isTokenNew = false;
        return stage.addresses.through(() => stage.createTicket(this.#session.token));
      },
      onElsewhere: () => {
        stage.addresses.goOn();
      },
      http: stage.endpointsOf(this.#session),
      onStatus: this.#follow,
      onEvent: this.#hear,
      onExcluded: (room, refusal) => {
        this.#rooms.get(room)?.room.expel(refusal);
      },
      onRotated: () => this.#enterAll(),
      positions: () => this.#positions(),
      onSynced: this.#synced,
    });
    this.#outbox = new Outbox({
      connection: this.#connection,
      onChange: this.#settle,
      onSent: this.#sent,
      openStore: () => options.openStore?.(this.me) ?? Promise.resolve(new MemoryOutboxStore()),
      onForgetful: () => undefined, // each message's own promise tells what became of it
      leads: () => true,
      isJoining: () => false,
    });
  }

  /**
   * Signs in and connects. `url` is the page's of the stage. Rejects with `RequestFailed` where the stage does not let one
   * in or can't be reached, with `ConnectionLost` where it can't be connected to in time.
   */
  static async connect(url: string, credentials: Credentials, options: ChatOptions = {}): Promise<Chat> {
    const stage = new Stage(new URL(url).origin);
    const [token] = await Promise.all([tokensOf(stage, credentials), stage.readConfig()]);
    const chat = new Chat(stage, token, options);
    chat.#connection.start();
    try {
      await chat.#online(options.signal ?? AbortSignal.timeout(CONNECT_TIMEOUT_MS));
    } catch (error) {
      await chat.close();
      throw error;
    }
    chat.#outbox.start();
    return chat;
  }

  /** Who one is to the server. */
  get me(): Author {
    if (this.#connection.user === null) throw new ConnectionLost();
    return this.#connection.user;
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  /** The public rooms and one's own, by title. */
  async rooms(): Promise<Room[]> {
    const rooms: Room[] = [];
    let after: string | null = null;
    do {
      const page: Results["rooms"] = await this.request("rooms", { after });
      rooms.push(...page.rooms);
      ({ after } = page);
    } while (after !== null);
    return rooms;
  }

  async join(room: string): Promise<Room> {
    return (await this.request("join", { room })).room;
  }

  /**
   * Says something; resolves as soon as the server has it under a number, and it is durable. Through cuts it is sent again,
   * and stored once. Messages to one room keep the order of their calls. Rejects with what the server refused it for.
   */
  send(room: string, text: string, { replyTo }: { readonly replyTo?: Pick<Message, "seq" | "thread"> } = {}): Promise<Sent> {
    const answers = replyTo === undefined ? null : { seq: replyTo.seq, thread: replyTo.thread ?? replyTo.seq };
    return new Promise((resolve, reject) => {
      if (this.#ending.signal.aborted) throw this.#failure;
      const message = this.#outbox.add(room, text, answers);
      if (message === null) throw new RangeError(`${MAX_KEPT} messages wait already`);
      this.#unsent.set(message.id, { resolve, reject });
    });
  }

  /**
   * What is said in a room, in its order, each message once and as it stands when it is reached, from now on until the
   * caller stops, `close`, or `signal`. Joins a public room. Throws a `ChatError` where one may not read it, or no longer.
   */
  async *subscribe(room: string, options: SubscribeOptions = {}): AsyncGenerator<Message, void, undefined> {
    const { signal, onChange, ...start } = options;
    const followed = this.#rooms.get(room) ?? this.#open(room);
    followed.feeds++;
    const unwatch = onChange === undefined ? undefined : followed.room.watch({ onChange });
    try {
      yield* feedOf(followed.room, { ...start, signal: this.#endsWith(signal), isAlone: () => followed.feeds === 1 });
    } finally {
      unwatch?.();
      followed.feeds--;
      if (followed.feeds === 0) {
        this.#rooms.delete(room);
        followed.room.leave();
      }
    }
  }

  /**
   * Any command of the protocol. Waits for the connection, and where that is lost meanwhile the same command goes again:
   * the server carries it out once.
   */
  async request<A extends Action>(action: A, command: Commands[A]): Promise<Results[A]> {
    const id = crypto.randomUUID();
    for (let cuts = 0; ; cuts++) {
      await this.#online(AbortSignal.timeout(CONNECT_TIMEOUT_MS));
      try {
        return await this.#connection.request(action, command, { id });
      } catch (error) {
        if (!(error instanceof ConnectionLost) || cuts === MAX_CUTS) throw error;
      }
    }
  }

  /**
   * Sends a file; answers with the id of its `media`, by which the message is known that follows once it was looked at.
   * Rejects with a `ChatError`, or as `signal` aborts.
   */
  async upload(room: string, file: File, { signal, onProgress }: UploadOptions = {}): Promise<string> {
    let media = "";
    await sendFile({
      server: uploadServerOf(this.#stage, this.#session),
      room,
      file,
      begun: null,
      onPermitted: (permit) => {
        ({ media } = permit);
      },
      onProgress: onProgress ?? (() => undefined),
      signal: this.#endsWith(signal),
    });
    return media;
  }

  /** Ends the connection and all feeds. What was not sent is rejected, and stays where `openStore` has it. */
  close(): Promise<void> {
    this.#end(null);
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Asks for another token, unless the last one was refused just now, too. */
  async #signInAgain(): Promise<void> {
    const before = this.#session.token;
    const isAgain = Date.now() - this.#refusedAtMs < REFUSED_AGAIN_MS;
    this.#refusedAtMs = Date.now();
    try {
      if (!isAgain) this.#session.token = await this.#token();
    } catch (error) {
      console.warn("another token can't be had:", error);
    }
    if (this.#session.token === before) {
      this.#end(new SessionEnded());
      return;
    }
    this.#isTokenNew = true;
    this.#connection.stop();
    this.#connection.start();
  }

  /** Aborts with this chat, and with what its user gave. */
  #endsWith(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#ending.signal : AbortSignal.any([this.#ending.signal, signal]);
  }

  /** Nobody waits for anything any more. */
  #end(reason: ChatError | null): void {
    this.#ending.abort(reason ?? undefined);
    for (const { reject } of this.#unsent.values()) reject(reason ?? new ConnectionLost());
    this.#unsent.clear();
    for (const listener of [...this.#onStatus]) listener();
    this.#outbox.stop();
    this.#connection.stop();
  }

  #open(id: string): Followed {
    const room = new OpenRoom({
      id,
      connection: this.#connection,
      tails: this.#stage.tails,
      listed: () => null,
      onEntered: () => undefined,
      onRefused: () => undefined,
      onMessages: () => undefined,
    });
    const followed = { room, feeds: 0 };
    this.#rooms.set(id, followed);
    void room.enter();
    return followed;
  }

  /** Why nothing more can be had. */
  get #failure(): ChatError {
    const reason: unknown = this.#ending.signal.reason;
    return reason instanceof ChatError ? reason : new ConnectionLost();
  }

  /** Settles when commands can be sent. */
  #online(limit: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const isOver = this.#ending.signal.aborted || limit.aborted;
        if (this.status.phase !== "online" && !isOver) return;
        this.#onStatus.delete(look);
        limit.removeEventListener("abort", look);
        if (isOver) reject(this.#failure);
        else resolve();
      };
      this.#onStatus.add(look);
      limit.addEventListener("abort", look);
      look();
    });
  }

  readonly #follow = (status: ConnectionStatus): void => {
    if (status.phase === "online") {
      void this.#enterAll();
      this.#outbox.resume();
    }
    if (status.phase === "refused") void this.#signInAgain();
    for (const listener of [...this.#onStatus]) listener();
    this.#options.onStatus?.(status);
  };

  async #enterAll(): Promise<void> {
    await Promise.all([...this.#rooms.values()].map(({ room }) => room.enter()));
  }

  readonly #hear = (event: ServerEvent): void => {
    const room = this.#rooms.get(roomOf(event) ?? "")?.room;
    if (room !== undefined) tellRoom(room, event, this.me.id);
    this.#options.onEvent?.(event);
    if (event.type === "account_erasing") this.#end(new SessionEnded());
  };

  /** A heartbeat takes a limited number of rooms: of more, each has its turn. */
  #positions(): Positions {
    const all = [...this.#rooms.values()].map(({ room }) => room);
    const first = this.#turn % Math.max(1, all.length);
    const some = [...all.slice(first), ...all.slice(0, first)].slice(0, MAX_SYNCED);
    this.#turn = first + some.length;
    this.#asked = new Set(some.map(({ id }) => id));
    return {
      rooms: Object.fromEntries(some.map(({ id, view }) => [id, view.get().log.lastSeq])),
      revs: Object.fromEntries(some.flatMap(({ id, rev }) => (rev === null ? [] : [[id, rev]]))),
    };
  }

  readonly #synced = ({ rooms, revs, tails, outside }: Synced): void => {
    for (const { room } of this.#rooms.values()) {
      const seq = rooms[room.id];
      if (seq !== undefined) room.reach(seq);
      if (room.rev !== null && this.#asked.has(room.id)) room.followTail(tails[room.id] ?? null);
      if (outside.includes(room.id)) void room.makeSure();
      else if (Object.hasOwn(revs, room.id) && !room.isTailed) void room.enter();
    }
  };

  readonly #sent = (message: OutgoingMessage, sent: Sent): void => {
    const room = this.#rooms.get(sent.room)?.room;
    // Whom a text mentions, the server knows: the room reads it there.
    if (message.text.includes("@")) room?.reach(sent.seq);
    else room?.receive(asSaid(message, sent, this.me, []));
    this.#unsent.get(message.id)?.resolve(sent);
    this.#unsent.delete(message.id);
  };

  /** Whoever waits for a message that failed is told, and it is given up. */
  readonly #settle = (messages: readonly OutgoingMessage[]): void => {
    for (const { id, failure } of messages) {
      const waiting = this.#unsent.get(id);
      if (failure === null || waiting === undefined) continue;
      this.#unsent.delete(id);
      waiting.reject(failure);
      queueMicrotask(() => {
        this.#outbox.remove(id);
      });
    }
  };
}

async function tokensOf(stage: Stage, credentials: Credentials): Promise<() => Promise<string>> {
  const token = "token" in credentials ? credentials.token : (await stage.createSession(credentials.name)).token;
  return async () => (typeof token === "string" ? token : token());
}

/**
 * The server as the client sees it, in memory: the HTTP endpoints behind `fetch` and the commands behind sockets.
 *
 * The same id gets the same number; events go to subscribers only, and over HTTP to whoever asks behind a place.
 */

import type { Author, Commands, MemberChanged, Message, Presence, Role, RoomKind, ServerEvent } from "../src/frames.ts";
import { wished } from "../src/wishes.ts";
import { changedBehind, FakeArchive, revOf, seqOf } from "./archive.ts";
import { eventText } from "./http.ts";
import { FakeSocket, READY, type SentCommand } from "./socket.ts";

interface Line {
  readonly socket: FakeSocket;
  readonly user: Author;
  readonly rooms: Set<string>;
}

/** How the real one holds a stream. */
const HOLD_MS = 20_000;
const POLL_MS = 500;

export class FakeServer extends FakeArchive {
  /** Of the sockets that are open. */
  readonly lines: Line[] = [];
  readonly commands: SentCommand[] = [];
  /** Where each request for a stream wanted to begin. */
  readonly places: string[] = [];
  /** Answers instead of the server where it returns true. */
  intercept: ((command: SentCommand, socket: FakeSocket) => boolean) | null = null;
  /** Rooms on one page of their list. */
  listed = Infinity;
  /** The parts of tails that were asked for, `304` behind each that had not changed. */
  readonly polls: string[] = [];
  isTailDown = false;
  isDown = false;
  /** Before a command is carried out. */
  latencyMs = 0;
  /** No socket gets through, HTTP does. */
  isBlocked = false;
  isSessionOver = false;
  /** By room, what is told of it while one is away. */
  readonly levels = new Map<string, string>();
  /** What a test answers itself, by method and path. */
  readonly answers = new Map<string, (init: RequestInit) => Promise<Response>>();

  /** Puts this server behind `fetch` and `WebSocket`: for the page's life, in a test until its end (`setup.ts`). */
  install(): void {
    const fetch = (path: string, init: RequestInit): Promise<Response> => Promise.race([this.#answer(path, init), aborted(init)]);
    const connect = (url: string): FakeSocket => this.#connect(url);
    Object.assign(globalThis, {
      fetch,
      WebSocket: function WebSocket(url: string) {
        return connect(url);
      },
    });
  }

  /** An event to everybody who follows the room, except the line that it came from. */
  tell(room: string, event: ServerEvent, except?: Line): void {
    if (this.tailed.has(room) && event.type !== "room_pace") return;
    for (const line of this.lines) if (line !== except && line.rooms.has(room)) line.socket.receive(event);
  }

  /** The room is followed by its tail from now on, or live again, and who follows it is told. */
  pace(room: string, isTailed: boolean): void {
    if (isTailed) this.tailed.add(room);
    else this.tailed.delete(room);
    this.tell(room, { type: "room_pace", room, step: "full", tail: this.tailOf(room), as_of_ms: ++this.clockMs });
  }

  deliver(message: Message, except?: Line): void {
    this.tell(message.room, { type: "message", message }, except);
  }

  say(room: string, from: Author, text: string, extra: Partial<Message> = {}): void {
    this.deliver(this.post(room, from, text, extra));
  }

  /** Somebody gave a message another text. */
  edit(room: string, seq: number, text: string): void {
    this.tell(room, { type: "message_changed", message: this.revise(room, seq, { text }) });
  }

  /** To everybody who follows the room, and to the user whom it is about. */
  change(room: string, change: MemberChanged["change"], user: Author, role: Role | null, by: Author = user): void {
    this.admit(room, user.id, role);
    for (const line of this.lines) {
      if (!line.rooms.has(room) && line.user.id !== user.id) continue;
      line.socket.receive({ type: "member", room, user, change, role, muted_until_ms: null, by });
    }
  }

  cutAll(): void {
    for (const line of this.lines.splice(0)) line.socket.cut();
  }

  #answer(path: string, init: RequestInit): Promise<Response> {
    if (this.isDown) return Promise.reject(new TypeError("fetch failed"));
    const token = new Headers(init.headers).get("Authorization")?.replace("Bearer ", "") ?? "";
    if (token === "expired" || (this.isSessionOver && token !== "")) return reply(401, { code: "unauthorized", message: "no" });
    const [endpoint = "", query] = path.split("?");
    const answer = this.answers.get(`${init.method ?? "GET"} ${endpoint}`);
    if (answer !== undefined) return answer(init);
    switch (endpoint) {
      case "/api/config":
        return reply(200, { stage: "local", sign_in: "built-in", measured_share: 1 });
      case "/api/sessions":
        return this.#signIn(init);
      case "/api/tickets":
        return reply(201, { ticket: token, url: "ws://chat.test/local" });
      case "/api/commands":
        return this.#carryOutOverHttp(init, userOf(token));
      case "/api/rooms/general/media-access":
        return reply(200, { room: "general", path: "/media/general/", query: "", expires_at_ms: Date.now() + 300_000 });
      case "/api/events":
        return this.#stream(new URLSearchParams(query).get("rooms") ?? "", init, userOf(token));
      case "/api/push/levels/general":
        return reply(200, { room: "general", level: this.levels.get("general") ?? null });
      case "/api/push/levels":
        return this.#setLevel(init);
      default:
        return endpoint.startsWith("/api/tail/") ? this.#tail(endpoint, init) : reply(404, { code: "not_found", message: path });
    }
  }

  #tail(path: string, init: RequestInit): Promise<Response> {
    const [room = "", capability, part = "", number = "0"] = path.split("/").slice(3);
    this.polls.push(number === "0" && part === "live" ? part : `${part}/${number}`);
    if (this.isTailDown) return reply(503, { code: "unavailable", message: "no" });
    if (capability !== this.capability) return reply(403, { code: "tail_expired", message: "no" });
    const body = JSON.stringify(this.tailPart(room, part, Number(number)));
    const tag = `"${body.length}-${revOf(this.stored(room).log)}"`;
    if (new Headers(init.headers).get("If-None-Match") === tag) {
      this.polls.push("304");
      return Promise.resolve(new Response(null, { status: 304 }));
    }
    return Promise.resolve(new Response(body, { headers: { ETag: tag } }));
  }

  #setLevel(init: RequestInit): Promise<Response> {
    const { room, level } = JSON.parse(init.body as string) as { room: string; level: string };
    this.levels.set(room, level);
    return reply(200, { vapid_public_key: "", platforms: [], subscriptions: [] });
  }

  #signIn(init: RequestInit): Promise<Response> {
    const { name } = JSON.parse(init.body as string) as { name: string };
    if (name === "Nobody") return reply(400, { code: "invalid_name", message: "no" });
    return reply(201, { token: name, user: userOf(name), expires_at_ms: Date.now() + 3_600_000 });
  }

  /** As a socket of its own that is gone with its first reply. */
  #carryOutOverHttp(init: RequestInit, user: Author): Promise<Response> {
    const socket = new FakeSocket("http");
    return new Promise((resolve) => {
      socket.onmessage = ({ data }: MessageEvent<string>) => {
        resolve(new Response(data));
      };
      this.#serve({ socket, user, rooms: new Set() });
      socket.send(init.body as string);
    });
  }

  async #stream(rooms: string, init: RequestInit, user: Author): Promise<Response> {
    const place = new Headers(init.headers).get("Last-Event-ID") ?? rooms;
    this.places.push(place);
    const [room = "", seq = "", rev = ""] = place.split(":");
    let events = "";
    for (let waitedMs = 0; events === "" && waitedMs <= HOLD_MS; waitedMs += POLL_MS) {
      if (!this.stored(room).members.has(user.id)) return reply(403, { code: "not_a_member", message: room });
      events = this.#eventsBehind(room, Number(seq), Number(rev));
      if (events === "") await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const headers = { "Content-Type": "text/event-stream; charset=utf-8" };
    return new Response(`retry: 250\nid: ${place}\n\n${events}`, { headers });
  }

  /** New messages, then those changed before them. */
  #eventsBehind(room: string, seq: number, rev: number): string {
    const { log } = this.stored(room);
    const posted = log.slice(seq).map((message) => eventText(`${room}:${message.seq}:${rev}`, { type: "message", message }));
    const changed = changedBehind(log.slice(0, seq), rev).map((message) =>
      eventText(`${room}:${log.length}:${message.rev}`, { type: "message_changed", message }),
    );
    return [...posted, ...changed].join("");
  }

  #connect(url: string): FakeSocket {
    const socket = new FakeSocket(url);
    const line = { socket, user: userOf(new URL(url).searchParams.get("ticket") ?? ""), rooms: new Set<string>() };
    this.#serve(line);
    queueMicrotask(() => {
      if (this.isDown || this.isBlocked) socket.cut();
      else {
        this.lines.push(line);
        socket.open();
      }
    });
    return socket;
  }

  #serve(line: Line): void {
    const { socket } = line;
    socket.onCommand = (command) => {
      this.commands.push(command);
      this.#after(() => {
        if (!socket.isClosed && !this.intercept?.(command, socket)) this.#carryOut(command, line);
      });
    };
  }

  #after(act: () => void): void {
    if (this.latencyMs === 0) queueMicrotask(act);
    else setTimeout(act, this.latencyMs);
  }

  #carryOut(command: SentCommand, line: Line): void {
    const { socket, user } = line;
    if (command.action === "rooms") {
      const ids = [...this.rooms.keys()];
      const start = ids.indexOf(String(command["after"])) + 1;
      const page = ids.slice(start, start + this.listed);
      const after = start + page.length < ids.length ? page.at(-1) : null;
      socket.acknowledge(command, { rooms: page.map((id) => this.view(id, user)), after });
    } else if (command.action === "hello") {
      socket.acknowledge(command, { ...READY, user, now_ms: this.clockMs });
    } else if (command.action === "sync") {
      const { rooms, revs = {} } = command as unknown as { rooms: Record<string, number>; revs?: Record<string, number> };
      const tailed = Object.keys(revs).flatMap((id) => (this.tailed.has(id) ? [[id, this.tailOf(id)]] : []));
      const tails = Object.fromEntries(tailed) as object;
      const outside = Object.keys({ ...rooms, ...revs }).filter((id) => !this.stored(id).members.has(user.id));
      const newer = { rooms: this.newer(rooms, seqOf), revs: this.newer(revs, revOf), tails, outside };
      socket.acknowledge(command, { ...newer, now_ms: this.clockMs });
    } else if (command.action === "create") {
      const id = `room-${this.rooms.size + 1}`;
      const { title, kind, members } = command as unknown as { title: string; kind: RoomKind; members: string[] };
      this.addRoom(id, title, [user.id, ...members], kind);
      socket.acknowledge(command, { room: this.view(id, user), last_seq: 0 });
    } else {
      this.#carryOutInRoom(command, line, command["room"] as string);
    }
  }

  #carryOutInRoom(command: SentCommand, line: Line, id: string): void {
    const { socket, user, rooms } = line;
    const room = this.rooms.get(id);
    if (room === undefined) {
      socket.refuse(command, "room_not_found");
      return;
    }
    if (command.action === "join" && room.kind === "public") room.members.add(user.id);
    if (!room.members.has(user.id)) {
      socket.refuse(command, command.action === "join" ? "room_private" : "not_a_member");
      return;
    }
    if (command.action === "subscribe") {
      rooms.add(id);
      const { after = null, after_rev = null } = command as { after?: number | null; after_rev?: number | null };
      socket.acknowledge(command, this.replay(id, after, after_rev, user));
      return;
    }
    if (command.action === "read") {
      room.read.set(user.id, Math.max(command["seq"] as number, room.read.get(user.id) ?? 0));
      socket.acknowledge(command, {});
      return;
    }
    if (command.action === "unsubscribe") rooms.delete(id);
    if (command.action === "send") this.#accept(command, line, id);
    else socket.acknowledge(command, this.#look(command, id) ?? this.#alter(command, line, id) ?? this.#entered(id, user));
  }

  #entered(id: string, user: Author): object {
    return { room: this.view(id, user), last_seq: this.stored(id).log.length };
  }

  /** What a command reads; null for one that changes something. */
  #look(command: SentCommand, id: string): object | null {
    const fields = command as unknown;
    switch (command.action) {
      case "history":
        return this.history(id, fields as Commands["history"]);
      case "search":
        return this.search(id, fields as Commands["search"]);
      case "files":
        return this.files(id, fields as Commands["files"]);
      case "receipts":
        return this.receipts(id, (fields as Commands["receipts"]).seq);
      case "reports":
        return { reports: this.stored(id).reports, after: null };
      case "presence":
        return this.#presence(id);
      case "settings":
        return this.stored(id).settings;
      case "pins":
        return { messages: this.stored(id).log.filter(({ pinned }) => pinned), after: null };
      case "members": {
        const members = [...this.stored(id).members];
        return { members: members.map((it) => ({ user: nameOf(it), role: "member", muted_until_ms: null })), after: null };
      }
      default:
        return null;
    }
  }

  #presence(id: string): Presence {
    const { members } = this.stored(id);
    const here = this.lines.map(({ user }) => user).filter((user) => members.has(user.id));
    const users = [...new Map(here.map((user) => [user.id, user])).values()];
    return { room: id, online: users.length, listed: true, users, as_of_ms: this.clockMs };
  }

  /** Changes a message and tells the others; null for what changes none. */
  #alter(command: SentCommand, line: Line, id: string): object | null {
    const seq = command["seq"] as number;
    const told = { room: id, seq };
    const { user } = line;
    switch (command.action) {
      case "edit":
      case "delete": {
        const change = command.action === "edit" ? { text: command["text"] as string } : { kind: "deleted" as const, text: "" };
        const message = this.revise(id, seq, { ...change, changed_by: user });
        this.tell(id, { type: "message_changed", message }, line);
        return { ...told, version: message.version, rev: message.rev };
      }
      case "react": {
        const { emoji, remove = false } = command as unknown as Commands["react"];
        const wish = { kind: "react", emoji, remove } as const;
        const { reactions, mine, rev } = this.#revised(id, seq, (it) => wished(it, wish, this.clockMs));
        this.tell(id, { type: "reactions_changed", ...told, rev, reactions, user, emoji, removed: remove }, line);
        return { ...told, rev, reactions, mine };
      }
      case "settle": {
        const stored = this.stored(id);
        stored.reports = stored.reports.filter((it) => it.seq !== seq);
        return {};
      }
      case "configure": {
        const settings = this.configure(id, command as unknown as Commands["configure"]);
        this.tell(id, { type: "room_changed", room: id, slow_mode_s: settings.slow_mode_s, by: user }, line);
        return settings;
      }
      case "pin": {
        const pinned = command["remove"] !== true;
        const { rev, version } = this.#revised(id, seq, (it) => ({ ...it, pinned }));
        this.tell(id, { type: "pins_changed", ...told, rev, pinned, by: user }, line);
        return { ...told, rev, version };
      }
      default:
        return null;
    }
  }

  /** A change that is no new version of the text. */
  #revised(id: string, seq: number, change: (message: Message) => Message): Message {
    const message = this.stored(id).log[seq - 1]!;
    const { version, changed_at_ms } = message;
    return this.revise(id, seq, { ...change(message), version, changed_at_ms });
  }

  #accept(command: SentCommand, line: Line, id: string): void {
    const known = this.stored(id).log.find((it) => it.command_id === command.id && it.from?.id === line.user.id);
    const reply_to = (command["reply_to"] as number | undefined) ?? null;
    const thread = reply_to === null ? null : (this.stored(id).log[reply_to - 1]?.thread ?? reply_to);
    const extra = { command_id: command.id, reply_to, thread };
    const message = known ?? this.post(id, line.user, command["text"] as string, extra);
    if (known === undefined) this.deliver(message, line);
    line.socket.acknowledge(command, { room: id, seq: message.seq, sent_at_ms: message.sent_at_ms });
  }
}

function nameOf(id: string): Author {
  return { id, name: id.charAt(0).toUpperCase() + id.slice(1) };
}

function userOf(name: string): Author {
  return { id: name.toLowerCase(), name };
}

export function reply(status: number, body: object): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status }));
}

/** Rejects as `fetch` does when whoever asked gives up. */
function aborted({ signal }: RequestInit): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => {
      reject(new DOMException("aborted", "AbortError"));
    });
  });
}

/**
 * The server as the client sees it, in memory: the HTTP endpoints behind `fetch` and the commands behind sockets.
 *
 * Keeps the protocol's promises: numbers without holes, the same id the same number, events to subscribers only.
 */

import { vi } from "vitest";

import type { Author, MemberChanged, Message, Role, RoomKind, Subscribed } from "../protocol/frames";
import { FakeSocket, READY, type SentCommand } from "./socket";

interface StoredRoom {
  readonly title: string;
  readonly kind: RoomKind;
  readonly members: Set<string>;
  readonly log: Message[];
  /** By user, how far they have read. */
  readonly read: Map<string, number>;
}

/** More than this many messages are not replayed. */
const MAX_REPLAYED = 100;

interface Line {
  readonly socket: FakeSocket;
  readonly user: Author;
  readonly rooms: Set<string>;
}

export const NOON_MS = Date.UTC(2026, 10, 23, 12);

export class FakeServer {
  readonly rooms = new Map<string, StoredRoom>();
  readonly lines: Line[] = [];
  readonly commands: SentCommand[] = [];
  /** Answers instead of the server where it returns true. */
  intercept: ((command: SentCommand, socket: FakeSocket) => boolean) | null = null;
  isDown = false;
  #clockMs = NOON_MS;

  /** Puts this server behind `fetch` and `WebSocket` until mocks are restored. */
  install(): void {
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => this.#answer(path, init));
    const connect = (url: string): FakeSocket => this.#connect(url);
    vi.stubGlobal("WebSocket", function WebSocket(url: string) {
      return connect(url);
    });
  }

  addRoom(id: string, title: string, members: readonly string[] = [], kind: RoomKind = "public"): void {
    this.rooms.set(id, { title, kind, members: new Set(members), log: [], read: new Map() });
  }

  post(room: string, from: Author, text: string, extra: Partial<Message> = {}): Message {
    const { log } = this.#room(room);
    const seq = log.length + 1;
    const sent = (this.#clockMs += 1000);
    const base = { room, seq, kind: "text", from, text, sent_at_ms: sent, command_id: null, media: null } as const;
    const message: Message = { ...base, ...extra };
    log.push(message);
    return message;
  }

  /** To everybody who follows the room, except the line that it came from. */
  deliver(message: Message, except?: Line): void {
    for (const line of this.lines) {
      if (line !== except && line.rooms.has(message.room)) line.socket.receive({ type: "message", message });
    }
  }

  say(room: string, from: Author, text: string, extra: Partial<Message> = {}): void {
    this.deliver(this.post(room, from, text, extra));
  }

  /** To everybody who follows the room, and to the user whom it is about. */
  change(room: string, change: MemberChanged["change"], user: Author, role: Role | null, by: Author = user): void {
    const { members } = this.#room(room);
    if (role === null || role === "banned") members.delete(user.id);
    else members.add(user.id);
    for (const line of this.lines) {
      if (!line.rooms.has(room) && line.user.id !== user.id) continue;
      line.socket.receive({ type: "member", room, user, change, role, muted_until_ms: null, by });
    }
  }

  cutAll(): void {
    for (const line of this.lines.splice(0)) line.socket.cut();
  }

  #room(id: string): StoredRoom {
    const room = this.rooms.get(id);
    if (room === undefined) throw new Error(`no room ${id}`);
    return room;
  }

  #answer(path: string, init: RequestInit): Promise<Response> {
    if (this.isDown) return Promise.reject(new TypeError("fetch failed"));
    const body = (typeof init.body === "string" ? JSON.parse(init.body) : {}) as Record<string, string>;
    const name = body["name"] ?? "";
    const token = new Headers(init.headers).get("Authorization")?.replace("Bearer ", "") ?? "";
    const user = { id: name.toLowerCase(), name };
    if (path === "/api/config") return reply(200, { stage: "local", sign_in: "built-in" });
    if (path === "/api/sessions") {
      if (name === "Nobody") return reply(400, { code: "invalid_name", message: "no" });
      return reply(201, { token: name, user, expires_at_ms: Date.now() + 3_600_000 });
    }
    if (path === "/api/tickets") {
      if (token === "expired") return reply(401, { code: "unauthorized", message: "no" });
      return reply(201, { ticket: token, url: "ws://chat.test/local" });
    }
    return reply(404, { code: "not_found", message: path });
  }

  #connect(url: string): FakeSocket {
    const socket = new FakeSocket(url);
    const name = new URL(url).searchParams.get("ticket") ?? "";
    const line = { socket, user: { id: name.toLowerCase(), name }, rooms: new Set<string>() };
    socket.onCommand = (command) => {
      this.commands.push(command);
      queueMicrotask(() => {
        if (!socket.isClosed && !this.intercept?.(command, socket)) this.#carryOut(command, line);
      });
    };
    queueMicrotask(() => {
      if (this.isDown) socket.cut();
      else {
        this.lines.push(line);
        socket.open();
      }
    });
    return socket;
  }

  #carryOut(command: SentCommand, line: Line): void {
    const { socket, user } = line;
    if (command.action === "rooms") {
      socket.acknowledge(command, { rooms: [...this.rooms.keys()].map((id) => this.#view(id, user)) });
    } else if (command.action === "hello") {
      socket.acknowledge(command, { ...READY, user, now_ms: this.#clockMs });
    } else if (command.action === "sync") {
      socket.acknowledge(command, { rooms: this.#newer(command["rooms"] as Record<string, number>), now_ms: this.#clockMs });
    } else if (command.action === "create") {
      const id = `room-${this.rooms.size + 1}`;
      const { title, kind, members } = command as unknown as { title: string; kind: RoomKind; members: string[] };
      this.addRoom(id, title, [user.id, ...members], kind);
      socket.acknowledge(command, { room: this.#view(id, user), last_seq: 0 });
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
      socket.acknowledge(command, this.#replay(id, command["after"] as number | null, user));
      return;
    }
    if (command.action === "read") {
      room.read.set(user.id, Math.max(command["seq"] as number, room.read.get(user.id) ?? 0));
      socket.acknowledge(command, {});
      return;
    }
    if (command.action === "unsubscribe") rooms.delete(id);
    if (command.action === "history") socket.acknowledge(command, historyOf(id, room.log, command));
    else if (command.action === "send") this.#accept(command, line, id);
    else socket.acknowledge(command, { room: this.#view(id, user), last_seq: room.log.length });
  }

  #accept(command: SentCommand, line: Line, id: string): void {
    const known = this.#room(id).log.find((it) => it.command_id === command.id && it.from?.id === line.user.id);
    const message = known ?? this.post(id, line.user, command["text"] as string, { command_id: command.id });
    if (known === undefined) this.deliver(message, line);
    line.socket.acknowledge(command, { room: id, seq: message.seq, sent_at_ms: message.sent_at_ms });
  }

  #replay(id: string, after: number | null, user: Author): Omit<Subscribed, "room"> & { room: object } {
    const { log } = this.#room(id);
    const missed = after === null ? [] : log.slice(after);
    const recovered = missed.length <= MAX_REPLAYED;
    const gap = recovered ? null : { first: (after ?? 0) + 1, last: log.length };
    return { room: this.#view(id, user), last_seq: log.length, recovered, messages: recovered ? missed : [], gap };
  }

  #newer(positions: Record<string, number>): Record<string, number> {
    const newest = Object.keys(positions).map((id): [string, number] => [id, this.rooms.get(id)?.log.length ?? 0]);
    return Object.fromEntries(newest.filter(([id, seq]) => seq > (positions[id] ?? 0)));
  }

  #view(id: string, user: Author): object {
    const { title, kind, members, log, read } = this.#room(id);
    const last = log.at(-1);
    const latest =
      last === undefined
        ? null
        : { seq: last.seq, author: last.from?.name ?? "", text: last.text, sent_at_ms: last.sent_at_ms };
    const member = members.has(user.id);
    const last_seq = member ? log.length : 0;
    const read_seq = member ? (read.get(user.id) ?? 0) : 0;
    const role = member ? "member" : null;
    return { room: id, title, kind, member, role, last_seq, read_seq, unread: last_seq - read_seq, latest };
  }
}

function historyOf(room: string, log: readonly Message[], command: SentCommand): object {
  const before = (command["before"] as number | null) ?? log.length + 1;
  const from = Math.max(0, before - 1 - (command["limit"] as number));
  return { room, messages: log.slice(from, before - 1), more: from > 0 };
}

function reply(status: number, body: object): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status }));
}

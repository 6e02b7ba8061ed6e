/**
 * What the server in memory stores: rooms, their messages by number, and what became of them by rev.
 *
 * Keeps the protocol's promises: numbers without holes, a message as it stands, replays that end where they get long.
 */

import { UNTOUCHED } from "../src/changes.ts";
import type { Author, Commands, Found, History, Message, MessageReport, Receipts, Role, Room, RoomKind, RoomSettings, Subscribed, Tail } from "../src/frames.ts";
import { SEGMENT } from "../src/tailChanges.ts";

interface StoredRoom {
  readonly title: string;
  readonly kind: RoomKind;
  readonly members: Set<string>;
  readonly log: Message[];
  /** By user, how far they have read. */
  readonly read: Map<string, number>;
  settings: RoomSettings;
  reports: MessageReport[];
}

/** More than this many messages, or changes, are not replayed. */
const MAX_REPLAYED = 100;

export const TAIL_POLL_MS = 1_000;
export const NOON_MS = Date.UTC(2026, 10, 23, 12);

export class FakeArchive {
  readonly rooms = new Map<string, StoredRoom>();
  protected clockMs = NOON_MS;

  /** By user, in all rooms; others are members. */
  readonly roles = new Map<string, Role>();

  addRoom(id: string, title: string, members: readonly string[] = [], kind: RoomKind = "public"): void {
    const settings = { room: id, slow_mode_s: 0, blocked_words: [] };
    this.rooms.set(id, { title, kind, members: new Set(members), log: [], read: new Map(), settings, reports: [] });
  }

  /** Stores a message and tells nobody. */
  post(room: string, from: Author, text: string, extra: Partial<Message> = {}): Message {
    const { log } = this.stored(room);
    const seq = log.length + 1;
    const sent_at_ms = (this.clockMs += 1000);
    const base = { room, seq, kind: "text", from, text, sent_at_ms, command_id: null, media: null } as const;
    const message: Message = { ...base, ...UNTOUCHED, ...extra };
    log.push(message);
    return message;
  }

  /** Changes a stored message, which is its room's next rev, and tells nobody. */
  revise(room: string, seq: number, change: Partial<Message>): Message {
    const { log } = this.stored(room);
    const known = log[seq - 1]!;
    const message = { ...known, version: known.version + 1, changed_at_ms: (this.clockMs += 1000), ...change };
    return (log[seq - 1] = { ...message, rev: revOf(log) + 1 });
  }

  /** Rooms in it are followed by their tails. */
  readonly tailed = new Set<string>();
  capability = "first";

  tailOf(room: string): Tail | null {
    if (!this.tailed.has(room)) return null;
    return { path: `/api/tail/${room}/${this.capability}`, poll_ms: TAIL_POLL_MS, valid_ms: 600_000 };
  }

  /** A part of a room's tail, such as `live`. */
  protected tailPart(room: string, part: string, number: number): object {
    const { log } = this.stored(room);
    const first = number * SEGMENT;
    const held = (from: number): Message[] => log.filter(({ seq }) => seq >= from && seq < from + SEGMENT);
    if (part === "segments") {
      return { room, segment: number, messages: held(first), rev: revOf(log), closed: log.length >= first + SEGMENT };
    }
    if (part === "changes") {
      const changed = changedBehind(log, first - 1).filter(({ rev }) => rev < first + SEGMENT);
      return { room, page: number, changed, last_rev: Math.min(revOf(log), first + SEGMENT - 1), closed: false };
    }
    const segment = Math.floor(log.length / SEGMENT);
    const changed_after = Math.max(0, revOf(log) - 16);
    const changed = changedBehind(log, changed_after);
    const numbers = { last_seq: log.length, segment, changed_after, last_rev: revOf(log), poll_ms: TAIL_POLL_MS };
    return { room, ...numbers, messages: held(segment * SEGMENT), changed };
  }

  /** Moderators change what is set, and nothing that is left out. */
  protected configure(room: string, { slow_mode_s, blocked_words }: Commands["configure"]): RoomSettings {
    const stored = this.stored(room);
    const { settings } = stored;
    return (stored.settings = {
      room,
      slow_mode_s: slow_mode_s ?? settings.slow_mode_s,
      blocked_words: blocked_words?.toSorted() ?? settings.blocked_words,
    });
  }

  /** Somebody has reported a message, and nobody is told. */
  report(room: string, seq: number, by: Author, reason: string): void {
    this.stored(room).reports.push({ seq, by, reason, reported_at_ms: this.clockMs });
  }

  /** What changes membership. Null and "banned": out. */
  protected admit(room: string, user: string, role: Role | null): void {
    const { members } = this.stored(room);
    if (role === null || role === "banned") members.delete(user);
    else members.add(user);
  }

  /** What came behind a number, and what changed behind a rev; null for no replay. */
  protected replay(id: string, after: number | null, afterRev: number | null, user: Author): Subscribed {
    const { log } = this.stored(id);
    const missed = after === null ? [] : log.slice(after);
    const recovered = missed.length <= MAX_REPLAYED;
    const changed = afterRev === null ? [] : changedBehind(log, afterRev);
    const changes_gap = changed.length > MAX_REPLAYED;
    return {
      room: this.view(id, user),
      last_seq: log.length,
      recovered,
      messages: recovered ? missed : [],
      gap: recovered ? null : { first: (after ?? 0) + 1, last: log.length },
      last_rev: revOf(log),
      changed: changes_gap ? [] : changed,
      changes_gap,
      tail: this.tailOf(id),
    };
  }

  protected newer(positions: Readonly<Record<string, number>>, now: (log: readonly Message[]) => number): Record<string, number> {
    const newest = Object.keys(positions).map((id): [string, number] => [id, now(this.rooms.get(id)?.log ?? [])]);
    return Object.fromEntries(newest.filter(([id, number]) => number > (positions[id] ?? 0)));
  }

  protected history(room: string, { thread = null, ...place }: Commands["history"]): History {
    const log = this.stored(room).log.filter((message) => thread === null || message.thread === thread);
    const [from, end] = stretchOf(log, place);
    return { room, messages: log.slice(from, end), more: from > 0, newer: end < log.length };
  }

  /** Newest first. */
  protected search(room: string, { query, before, limit = 20 }: Commands["search"]): Found {
    const words = query.toLowerCase().split(" ");
    const found = this.stored(room).log.filter(
      ({ seq, text }) => seq < (before ?? Infinity) && words.every((word) => text.toLowerCase().includes(word)),
    );
    const messages = found.reverse().slice(0, limit);
    return { room, messages, before: found.length > limit ? (messages.at(-1)?.seq ?? null) : null };
  }

  /** Newest first. */
  protected files(room: string, { before, limit = 50 }: Commands["files"]): Found {
    const found = this.stored(room).log.filter(({ seq, media }) => media !== null && seq < (before ?? Infinity));
    const messages = found.reverse().slice(0, limit);
    return { room, messages, before: found.length > limit ? (messages.at(-1)?.seq ?? null) : null };
  }

  /** Everybody who has read the room at least up to `seq`. */
  protected receipts(room: string, seq: number): Receipts {
    const read = [...this.stored(room).read].filter(([, upTo]) => upTo >= seq);
    const readers = read.map(([id, upTo]) => ({ user: { id, name: id }, seq: upTo, read_at_ms: this.clockMs }));
    return { room, seq, count: readers.length, as_of_ms: this.clockMs, readers, after: null };
  }

  view(id: string, user: Author): Room {
    const { title, kind, members, log, read } = this.stored(id);
    const last = log.at(-1);
    const latest =
      last === undefined
        ? null
        : { seq: last.seq, author: last.from?.name ?? "", text: last.text, sent_at_ms: last.sent_at_ms };
    const member = members.has(user.id);
    const last_seq = member ? log.length : 0;
    const read_seq = member ? (read.get(user.id) ?? 0) : 0;
    const role = member ? (this.roles.get(user.id) ?? "member") : null;
    const last_rev = member ? revOf(log) : 0;
    return { room: id, title, kind, member, role, last_seq, read_seq, unread: last_seq - read_seq, latest, last_rev };
  }

  protected stored(id: string): StoredRoom {
    const room = this.rooms.get(id);
    if (room === undefined) throw new Error(`no room ${id}`);
    return room;
  }
}

/** Which part of a log somebody asks for, as indexes: from the first, up to before the second. */
function stretchOf(log: readonly Message[], { before, after = null, around = null, limit = 50 }: Omit<Commands["history"], "room">): [number, number] {
  const behind = (number: number): number => log.filter(({ seq }) => seq <= number).length;
  if (after !== null) return [behind(after), Math.min(log.length, behind(after) + limit)];
  const end = around === null ? behind((before ?? Infinity) - 1) : Math.min(log.length, behind(around - 1) + Math.ceil(limit / 2));
  return [Math.max(0, end - limit), end];
}

export function seqOf(log: readonly Message[]): number {
  return log.length;
}

export function revOf(log: readonly Message[]): number {
  return Math.max(0, ...log.map((message) => message.rev));
}

/** Messages that changed behind a rev, as they stand, in the order of their last change. */
export function changedBehind(log: readonly Message[], rev: number): Message[] {
  return log.filter((message) => message.rev > rev).sort((a, b) => a.rev - b.rev);
}

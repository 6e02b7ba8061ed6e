/**
 * The rooms that this user sees, with the newest message of each and how many are unread.
 *
 * The server's list is asked for again and again; in between, what passes on this line keeps previews fresh.
 */

import type { Connection } from "@agent-chat/client/connection";
import { ConnectionLost } from "@agent-chat/client/errors";
import { MAX_SYNCED, type MemberChanged, type Message, type Preview, type Room, type RoomAdvanced } from "@agent-chat/client/frames";
import { givenBetween } from "@agent-chat/client/numbers";
import { Store } from "@agent-chat/client/store";

export interface DirectoryView {
  /** Newest activity first; null until the first answer. */
  readonly rooms: readonly Room[] | null;
  /** Why the list could not be had, where there is none to show. */
  readonly failure: Error | null;
}

/** What the server's previews have in the place of a text that is gone. */
export const DELETED_PREVIEW = "deleted a message";
/** The server cuts previews at this length too. */
const PREVIEW_CHARS = 80;

export class RoomDirectory {
  readonly view = new Store<DirectoryView>({ rooms: null, failure: null });

  readonly #connection: Pick<Connection, "request">;
  readonly #rooms = new Map<string, Room>();
  #failure: Error | null = null;

  constructor(connection: Pick<Connection, "request">) {
    this.#connection = connection;
  }

  find(room: string): Room | null {
    return this.#rooms.get(room) ?? null;
  }

  /** Asks for the list; a failure shows only while there is no list yet. */
  async refresh(): Promise<void> {
    try {
      const rooms = await this.#list();
      const listed = new Set(rooms.map((room) => room.room));
      for (const id of this.#rooms.keys()) if (!listed.has(id)) this.#rooms.delete(id);
      for (const room of rooms) this.#merge(room);
      this.#failure = null;
    } catch (error) {
      if (error instanceof ConnectionLost) return; // the next connection asks again
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#publish(true);
  }

  /** All pages of the list: one, for nearly everybody. */
  async #list(): Promise<Room[]> {
    const first = await this.#connection.request("rooms", {});
    const rooms = [...first.rooms];
    let { after } = first;
    while (typeof after === "string") {
      const page = await this.#connection.request("rooms", { after });
      rooms.push(...page.rooms);
      after = page.after;
    }
    return rooms;
  }

  /** A room that was made or entered just now. */
  put(room: Room): void {
    this.#merge(room);
    this.#publish(false);
  }

  /** A message that came by: the room's preview, unless it knows a newer one. */
  note(message: Message): void {
    const room = this.#rooms.get(message.room);
    if (room === undefined || message.kind === "void") return;
    this.#merge({ ...room, latest: previewOf(message), last_seq: Math.max(room.last_seq, message.seq) });
    this.#publish(false);
  }

  /** Something was said in a room that this line does not follow. One that the list has not shown yet is asked for. */
  advance({ room: id, last_seq, latest }: RoomAdvanced): void {
    const room = this.#rooms.get(id);
    if (room === undefined) {
      void this.refresh();
      return;
    }
    this.#merge({ ...room, last_seq, latest });
    this.#publish(false);
  }

  /** A message has become another: the room's preview, where it is of this one. */
  revise(message: Message): void {
    const room = this.#rooms.get(message.room);
    if (room?.latest?.seq !== message.seq) return;
    this.#merge({ ...room, latest: previewOf(message) });
    this.#publish(false);
  }

  /** The room has got to `seq`, whatever it is that was said. */
  reach(id: string, seq: number): void {
    const room = this.#rooms.get(id);
    if (room === undefined || seq <= room.last_seq) return;
    this.#merge({ ...room, last_seq: seq });
    this.#publish(false);
  }

  /** The user has read the room up to `seq`, here or on another device. */
  read(id: string, seq: number): void {
    const room = this.#rooms.get(id);
    if (room === undefined || seq <= room.read_seq) return;
    this.#merge({ ...room, read_seq: seq });
    this.#publish(false);
  }

  /** This user's own membership changed. A room that only its members see is gone with it. */
  change({ room: id, role }: MemberChanged): void {
    const room = this.#rooms.get(id);
    const isOut = role === null || role === "banned";
    if (room === undefined) {
      if (!isOut) void this.refresh();
      return;
    }
    if (isOut && room.kind !== "public") this.#rooms.delete(id);
    else this.#rooms.set(id, { ...room, member: !isOut, role, unread: isOut ? 0 : room.unread });
    this.#publish(false);
  }

  /** The newest known number of each room that the user is in, the most recently active first. */
  positions(): Readonly<Record<string, number>> {
    const mine = [...this.#rooms.values()].filter((room) => room.member).sort(byActivity);
    return Object.fromEntries(mine.slice(0, MAX_SYNCED).map((room) => [room.room, room.last_seq]));
  }

  /** Numbers only grow: an answer that is older than what passed on this line takes nothing back. */
  #merge(room: Room): void {
    const known = this.#rooms.get(room.room);
    const latest = (known?.latest?.seq ?? 0) > (room.latest?.seq ?? 0) ? (known?.latest ?? null) : room.latest;
    const last_seq = Math.max(room.last_seq, known?.last_seq ?? 0);
    const read_seq = Math.max(room.read_seq, known?.read_seq ?? 0);
    const unread = room.member ? givenBetween(read_seq, last_seq) : 0;
    this.#rooms.set(room.room, { ...room, latest, last_seq, read_seq, unread });
  }

  #publish(isListed: boolean): void {
    if (!isListed && this.view.get().rooms === null) return;
    if (this.#failure !== null && this.#rooms.size === 0) {
      this.view.set({ rooms: null, failure: this.#failure });
      return;
    }
    this.view.set({ rooms: [...this.#rooms.values()].sort(byActivity), failure: null });
  }
}

function byActivity(a: Room, b: Room): number {
  return (b.latest?.sent_at_ms ?? 0) - (a.latest?.sent_at_ms ?? 0) || a.title.localeCompare(b.title);
}

function previewOf({ seq, kind, from, text, sent_at_ms }: Message): Preview {
  const shown = kind === "deleted" ? DELETED_PREVIEW : text.slice(0, PREVIEW_CHARS);
  return { seq, author: from?.name ?? "", text: shown, sent_at_ms };
}

/**
 * The rooms that this user sees, with the newest message of each and whether it has been seen.
 *
 * The server's list is asked for again and again; in between, what passes on this line keeps previews fresh.
 */

import type { Connection } from "../protocol/connection";
import { ConnectionLost } from "../protocol/errors";
import type { Message, Preview, Room } from "../protocol/frames";
import { Store } from "./store";

export interface RoomEntry extends Room {
  readonly unread: boolean;
}

export interface DirectoryView {
  /** Newest activity first; null until the first answer. */
  readonly rooms: readonly RoomEntry[] | null;
  /** Why the list could not be had, where there is none to show. */
  readonly failure: Error | null;
}

/** The server cuts previews at this length too. */
const PREVIEW_CHARS = 80;

export class RoomDirectory {
  readonly view = new Store<DirectoryView>({ rooms: null, failure: null });

  readonly #connection: Pick<Connection, "request">;
  readonly #rooms = new Map<string, Room>();
  /** The highest number of each room that was on screen, or was there when the room was first listed. */
  readonly #seen = new Map<string, number>();
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
      const { rooms } = await this.#connection.request("rooms", {});
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

  /** A room that was made or entered just now. */
  put(room: Room): void {
    this.#merge(room);
    this.#publish(false);
  }

  /** A message that came by: the room's preview, unless it knows a newer one. */
  note(message: Message): void {
    const room = this.#rooms.get(message.room);
    if (room === undefined || message.kind === "void") return;
    this.#merge({ ...room, latest: previewOf(message) });
    this.#publish(false);
  }

  /** Everything up to `seq` has been on screen. */
  see(room: string, seq: number): void {
    if (seq <= (this.#seen.get(room) ?? -1)) return;
    this.#seen.set(room, seq);
    this.#publish(false);
  }

  #merge(room: Room): void {
    const known = this.#rooms.get(room.room)?.latest ?? null;
    const latest = (known?.seq ?? 0) > (room.latest?.seq ?? 0) ? known : room.latest;
    this.#rooms.set(room.room, { ...room, latest });
    if (!this.#seen.has(room.room)) this.#seen.set(room.room, latest?.seq ?? 0);
  }

  #publish(isListed: boolean): void {
    if (!isListed && this.view.get().rooms === null) return;
    if (this.#failure !== null && this.#rooms.size === 0) {
      this.view.set({ rooms: null, failure: this.#failure });
      return;
    }
    const rooms = [...this.#rooms.values()].map((room) => ({ ...room, unread: this.#isUnread(room) }));
    this.view.set({ rooms: rooms.sort(byActivity), failure: null });
  }

  #isUnread(room: Room): boolean {
    return room.member && (room.latest?.seq ?? 0) > (this.#seen.get(room.room) ?? 0);
  }
}

function byActivity(a: Room, b: Room): number {
  return (b.latest?.sent_at_ms ?? 0) - (a.latest?.sent_at_ms ?? 0) || a.title.localeCompare(b.title);
}

function previewOf(message: Message): Preview {
  const author = message.from?.name ?? "";
  return { seq: message.seq, author, text: message.text.slice(0, PREVIEW_CHARS), sent_at_ms: message.sent_at_ms };
}

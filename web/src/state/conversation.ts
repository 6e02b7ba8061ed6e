/**
 * All that happens in one room besides its log: who types, who has read how far, what is quoted, where in its history
 * somebody looks. Each part stands in its own module; this has them follow the room.
 */

import type { Copy } from "@agent-chat/client/changes";
import type { Connection } from "@agent-chat/client/connection";
import type { Author, MemberChanged, Message } from "@agent-chat/client/frames";
import type { OpenRoom } from "@agent-chat/client/room";
import { Store } from "@agent-chat/client/store";

import { firstSince } from "./dates";
import { Excursion } from "./excursion";
import { Mentionable } from "./mentioning";
import { RoomPresence } from "./presence";
import { Quotes } from "./quotes";
import { Readers } from "./readers";
import { Reports } from "./reports";
import { Typists, TypingTeller } from "./typing";

/** A message that the list is to show. */
export interface Target {
  readonly seq: number;
}

export class Conversation {
  readonly room: OpenRoom;
  readonly connection: Pick<Connection, "request" | "online">;
  readonly typists = new Typists();
  readonly typing: TypingTeller;
  readonly readers: Readers;
  readonly quotes: Quotes;
  readonly people: Mentionable;
  readonly reports: Reports;
  readonly presence: RoomPresence;
  readonly excursion: Excursion;
  /** Null as soon as the list has got there. */
  readonly target = new Store<Target | null>(null);
  /** Grows with each change of who is here, and as what. */
  readonly comings = new Store(0);
  /** Grows with each change of what is set for the room. */
  readonly settings = new Store(0);
  /** The newest of what others said while this page was there. */
  readonly heard = new Store<Message | null>(null);

  constructor(room: OpenRoom, connection: Pick<Connection, "request" | "online">, me: Author) {
    this.room = room;
    this.connection = connection;
    this.typing = new TypingTeller(connection, room.id);
    this.readers = new Readers(connection, room.id);
    this.quotes = new Quotes(connection, room.id);
    this.people = new Mentionable(connection, room.id);
    this.presence = new RoomPresence(connection, room.id);
    this.reports = new Reports(connection, room.id);
    this.excursion = new Excursion({
      room: room.id,
      connection,
      live: () => room.view.get().log,
      onMet: (messages) => {
        room.prepend(messages);
      },
    });
    room.watch({
      onEntered: () => {
        this.typists.clear();
        void this.readers.load();
      },
      onLive: (message) => {
        if (message.from === null) return;
        this.typists.stopped(message.from.id);
        if (message.from.id !== me.id) this.heard.set(message);
      },
      onChange: (change) => {
        this.quotes.change(change);
        this.excursion.change(change);
      },
      onErased: (author) => {
        this.quotes.erase(author);
        this.excursion.erase(author);
      },
      onReset: () => {
        this.excursion.close();
      },
    });
  }

  /** Somebody has come, gone, or become something else here. */
  noteMember({ user, role }: MemberChanged): void {
    this.people.outdate();
    if (role === null || role === "banned") this.presence.forget(user.id);
    this.comings.update((count) => count + 1);
  }

  /** Somebody has set something for the room. */
  noteSettings(): void {
    this.settings.update((count) => count + 1);
  }

  /** A message that is anywhere here. */
  find(seq: number): Copy | null {
    const { log } = this.room.view.get();
    return log.find(seq) ?? this.excursion.view.get()?.log.find(seq) ?? this.quotes.view.get().get(seq) ?? null;
  }

  /** Has the list show a message, wherever in the history it is. Rejects as `Connection.request` does. */
  async jump(seq: number): Promise<void> {
    if (this.room.view.get().log.find(seq) !== null) this.excursion.close();
    else if (!this.excursion.has(seq)) await this.excursion.open(seq);
    this.target.set({ seq });
  }

  /** Shows the first message since a moment. Rejects as `Connection.request` does. */
  async jumpTo(atMs: number): Promise<void> {
    const { lastSeq } = this.room.view.get().log;
    if (lastSeq > 0) await this.jump(await firstSince(this.connection, this.room.id, lastSeq, atMs));
  }
}

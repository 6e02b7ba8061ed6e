/**
 * A signed-in user's chat: one connection, and what lives on it. Views get everything from here.
 *
 * Only wires the parts together: each rule stands in the part that it is about.
 */

import { type AlertLevel, chooseAlertLevel, readAlertLevel } from "@agent-chat/client/account";
import { type Copy, type MessageChange, targetOf } from "@agent-chat/client/changes";
import type { ConnectionStatus, Positions } from "@agent-chat/client/connection";
import {
  type Author,
  type Commands,
  type Message,
  PROTOCOL_VERSION,
  type Sent,
  type ServerEvent,
  type Synced,
} from "@agent-chat/client/frames";
import { asSaid, Outbox, type OutgoingMessage } from "@agent-chat/client/outbox";
import { IndexedOutboxStore } from "@agent-chat/client/outboxStore";
import { type PendingChange, PendingChanges } from "@agent-chat/client/pendingChanges";
import { OpenRoom } from "@agent-chat/client/room";
import { roomOf, tellRoom } from "@agent-chat/client/roomEvents";
import { SharedConnection, tabPlatform } from "@agent-chat/client/sharedConnection";
import type { Session } from "@agent-chat/client/stage";
import { Store } from "@agent-chat/client/store";
import { uploadServerOf } from "@agent-chat/client/uploadServer";
import type { Wish } from "@agent-chat/client/wishes";

import { Conversation } from "./conversation";
import { RoomDirectory } from "./directory";
import { Drafts } from "./drafts";
import { MediaAccess } from "./mediaAccess";
import { namedIn } from "./mentioning";
import { forgetDevice } from "./pushDevice";
import { Reading } from "./reading";
import { STAGE } from "./stage";
import { Uploads } from "./uploads";

/** A tab that nobody has looked at for so long is sent no messages: it catches up when somebody does. */
export const PAUSE_AFTER_MS = 60_000;
/** What this line was never told of, such as new rooms and what is said in large ones, is learned from the list. */
const REFRESH_INTERVAL_MS = 20_000;

/** `refused`: the server no longer takes the token; `erasing`: the account is being erased, wherever that was asked for. */
export type SessionEnd = "refused" | "erasing";

export type NewRoom = Omit<Commands["create"], "room">;

/** A change of a message that was taken back, and why; a new object each time. */
export interface Refused {
  readonly pending: PendingChange;
  readonly error: Error;
}

export class Chat {
  readonly me: Author;
  readonly status = new Store<ConnectionStatus>({ phase: "stopped", way: "socket", offlineSinceMs: null });
  readonly outgoing = new Store<readonly OutgoingMessage[]>([]);
  /** Changes of messages that the server has not made yet. */
  readonly pending = new Store<readonly PendingChange[]>([]);
  /** The last change that it refused. */
  readonly refused = new Store<Refused | null>(null);
  readonly directory: RoomDirectory;
  readonly mediaAccess: MediaAccess;
  readonly uploads: Uploads;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  /** What is written is in this page's memory only, and gone with it. */
  readonly isForgetful = new Store(false);

  readonly #session: Session;
  readonly #connection: SharedConnection;
  readonly #reading: Reading;
  readonly #changes: PendingChanges;
  readonly #rooms = new Map<string, Conversation>();
  readonly #onSessionEnded: (why: SessionEnd) => void;
  #current: OpenRoom | null = null;
  #isPaused = false;
  #pauseTimer: ReturnType<typeof setTimeout> | undefined;
  #refreshTimer: ReturnType<typeof setInterval> | undefined;

  constructor(session: Session, onSessionEnded: (why: SessionEnd) => void, platform = tabPlatform()) {
    this.me = session.user;
    this.#session = session;
    this.#onSessionEnded = onSessionEnded;
    this.#connection = new SharedConnection({
      me: session.user,
      platform,
      client: `web/${PROTOCOL_VERSION}`,
      onLead: () => {
        this.outbox.resume();
      },
      onChanged: this.#onChangedElsewhere,
      fetchTicket: () => STAGE.addresses.through(() => STAGE.createTicket(session.token)),
      onElsewhere: () => {
        STAGE.addresses.goOn();
      },
      http: STAGE.endpointsOf(session),
      onStatus: this.#onStatus,
      onEvent: this.#onEvent,
      onExcluded: (room, refusal) => {
        this.#open(room)?.expel(refusal);
        void this.directory.refresh();
      },
      onRotated: async () => {
        await this.#followed?.enter();
      },
      positions: () => this.#positions(),
      onSynced: this.#onSynced,
    });
    this.#reading = new Reading(this.#connection);
    this.directory = new RoomDirectory(this.#connection);
    this.mediaAccess = new MediaAccess((room) => STAGE.createMediaAccess(session.token, room));
    this.uploads = new Uploads({
      server: uploadServerOf(STAGE, session),
      entered: (room) => this.room(room).settled(),
      storage: sessionStorage,
      storageKey: `agent-chat.uploads.${session.user.id}`,
    });
    this.outbox = new Outbox({
      connection: this.#connection,
      onChange: (messages) => {
        this.outgoing.set(messages);
      },
      onSent: this.#onSent,
      openStore: (onChange) => IndexedOutboxStore.open(session.user.id, onChange),
      onForgetful: () => {
        this.isForgetful.set(true);
      },
      leads: () => this.#connection.leads,
      isJoining: (room) => this.#rooms.get(room)?.room.isJoining ?? false,
    });
    this.#changes = new PendingChanges({
      connection: this.#connection,
      me: this.me,
      onChange: (pending) => {
        this.pending.set(pending);
      },
      onMade: (change) => {
        this.#onChange(change);
      },
      onRefused: (pending, error) => {
        this.refused.set({ pending, error });
      },
    });
    this.drafts = new Drafts(session.user.id);
  }

  start(): void {
    this.outbox.start();
    this.#connection.start();
    // Whether the network is really there shows only when something is sent.
    for (const event of ["online", "offline"]) window.addEventListener(event, this.#nudge);
    window.addEventListener("pagehide", this.#onPageHide);
    window.addEventListener("pageshow", this.#onPageShow);
    document.addEventListener("visibilitychange", this.#onVisibility);
    this.#refreshTimer = setInterval(this.#refresh, REFRESH_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#refreshTimer);
    clearTimeout(this.#pauseTimer);
    for (const event of ["online", "offline"]) window.removeEventListener(event, this.#nudge);
    window.removeEventListener("pagehide", this.#onPageHide);
    window.removeEventListener("pageshow", this.#onPageShow);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.mediaAccess.stop();
    this.uploads.stop();
    this.outbox.stop();
    this.#changes.stop();
    this.#reading.stop();
    this.#connection.stop();
  }

  /** The user leaves this browser: so does what they left unsent, and it tells them nothing more, unless another tab of theirs is open. */
  async forget(): Promise<void> {
    if (this.#connection.isOnlyTab) await this.forgetEverywhere();
  }

  /** As `forget`, whatever other tabs are open: the account is being erased, and they are signed out, too. */
  async forgetEverywhere(): Promise<void> {
    this.drafts.clear();
    await Promise.all([this.outbox.clear(), forgetDevice(this.#session)]);
  }

  /** Tries to connect now instead of at the next planned time. */
  reconnect(): void {
    this.#connection.nudge();
  }

  /** The session has another token: opens the line again that the server has refused. */
  reopen(): void {
    this.#connection.stop();
    this.#connection.start();
  }

  /** The room with this id; the same one each time. */
  room(id: string): OpenRoom {
    return this.conversation(id).room;
  }

  /** What goes on in the room with this id; the same one each time. */
  conversation(id: string): Conversation {
    const known = this.#rooms.get(id);
    if (known !== undefined) return known;
    const room = new OpenRoom({
      id,
      connection: this.#connection,
      tails: STAGE.tails,
      isHidden: () => document.visibilityState === "hidden",
      listed: () => this.directory.find(id),
      onEntered: (it) => {
        this.directory.put(it);
        this.outbox.resume();
      },
      onRefused: () => {
        this.outbox.resume();
      },
      onMessages: this.#onMessages,
    });
    const conversation = new Conversation(room, this.#connection, this.me);
    this.#rooms.set(id, conversation);
    return conversation;
  }

  /** Changes a message: at once on the page, and then wherever it is. */
  change(message: Copy, wish: Wish): void {
    this.#changes.add(message, wish);
  }

  /** Puts one room on screen and takes the one before off it; null for none. */
  show(id: string | null): void {
    if (this.#current?.id === id) return;
    this.#current?.leave();
    this.outbox.resume();
    this.#current = id === null ? null : this.room(id);
    void this.#followed?.enter();
  }

  /** Everything in the room up to `seq` has been on screen. */
  see(room: string, seq: number): void {
    const entry = this.directory.find(room);
    if (entry?.member !== true || seq <= entry.read_seq) return;
    this.directory.read(room, seq);
    this.#reading.see(room, seq);
  }

  /** What the user is told of a room while they are away; null where they have not said. Rejects as `stage.ts` does. */
  alertLevel(room: string): Promise<AlertLevel | null> {
    return readAlertLevel(STAGE, this.#session.token, room);
  }

  chooseAlertLevel(room: string, level: AlertLevel): Promise<void> {
    return chooseAlertLevel(STAGE, this.#session.token, room, level);
  }

  /** Makes a room. With the same `commandId` it can be asked for again and is still made once only. */
  async create(room: NewRoom, commandId: string): Promise<string> {
    const entered = await this.#connection.request("create", room, { id: commandId });
    this.directory.put(entered.room);
    return entered.room.room;
  }

  /** Opens the room of this user and another one. Rejects as `Connection.request` does. */
  async direct(user: string): Promise<string> {
    const { room } = await this.#connection.request("direct", { user });
    this.directory.put(room);
    return room.room;
  }

  /** Members of the rooms that were on screen, as far as they were asked for, each once. */
  met(): Author[] {
    const people = [...this.#rooms.values()].flatMap((it) => it.people.view.get());
    return [...new Map(people.map((user) => [user.id, user])).values()];
  }

  readonly #onStatus = (status: ConnectionStatus): void => {
    const wasOnline = this.status.get().phase === "online";
    this.status.set(status);
    // Another way to the server is no news to the rooms: `onRotated` has seen to them.
    if (status.phase === "online" && !wasOnline) {
      void this.#followed?.enter();
      void this.directory.refresh();
      this.outbox.resume();
      this.#changes.resume();
      this.#reading.tell();
    }
    if (status.phase === "refused") this.#onSessionEnded("refused");
  };

  readonly #onEvent = (event: ServerEvent): void => {
    this.#noteEvent(event);
    const room = this.#open(roomOf(event) ?? "");
    if (room !== undefined) tellRoom(room, event, this.me.id);
  };

  /** Has everybody but the room itself know of it. */
  #noteEvent(event: ServerEvent): void {
    switch (event.type) {
      case "message_changed":
        this.directory.revise(event.message);
        break;
      case "mention":
        this.directory.note(event.message);
        break;
      case "room_activity":
        this.directory.advance(event);
        break;
      case "member":
        this.#rooms.get(event.room)?.noteMember(event);
        if (event.user.id === this.me.id) this.directory.change(event);
        break;
      case "room_changed":
        this.#rooms.get(event.room)?.noteSettings();
        break;
      case "read":
        this.directory.read(event.room, event.seq);
        this.#reading.known(event.room, event.seq);
        break;
      case "media_rejected":
        this.uploads.reject(event.media, event.reason);
        break;
      case "account_erasing":
        this.#onSessionEnded("erasing");
        break;
      case "typing":
        this.#rooms.get(event.room)?.typists.started(event.user);
        break;
      case "receipts":
        this.#rooms.get(event.room)?.readers.told(event.readers);
        break;
      case "presence":
        for (const { presence } of this.#rooms.values()) presence.told(event);
        break;
      case "message":
      case "reactions_changed":
      case "pins_changed":
      case "room_pace":
      case "messages_skipped":
      case "author_erased":
        break; // the room's own affair
    }
  }

  #open(room: string): OpenRoom | undefined {
    return this.#rooms.get(room)?.room;
  }

  readonly #onChangedElsewhere = (room: string | null): void => {
    if (room !== null && room === this.#followed?.id) void this.#followed.enter();
    void this.directory.refresh();
  };

  #onChange(change: MessageChange): void {
    this.#open(targetOf(change).room)?.change(change);
    if (change.type === "message_changed") this.directory.revise(change.message);
  }

  #positions(): Positions {
    const { id = "", rev = null } = this.#current ?? {};
    return { rooms: this.directory.positions(), revs: rev === null ? {} : { [id]: rev } };
  }

  readonly #onSynced = ({ rooms, revs, tails, outside }: Synced): void => {
    if (outside.length > 0) void this.directory.refresh();
    for (const [room, seq] of Object.entries(rooms)) {
      this.directory.reach(room, seq);
      this.#open(room)?.reach(seq);
    }
    const room = this.#current;
    if (room === null) return;
    if (room.rev !== null) room.followTail(tails[room.id] ?? null);
    if (outside.includes(room.id)) void room.makeSure();
    else if (Object.hasOwn(revs, room.id) && !room.isTailed) void room.enter();
  };

  readonly #onMessages = (messages: readonly Message[]): void => {
    for (const message of messages) {
      this.directory.note(message);
      if (message.media !== null) this.uploads.settle(message.media.id);
      if (message.command_id !== null && message.from?.id === this.me.id) this.outbox.remove(message.command_id);
    }
  };

  readonly #onSent = (message: OutgoingMessage, sent: Sent): void => {
    const { room, people } = this.conversation(message.room);
    const mentions = namedIn(message.text).filter((id) => people.knows(id));
    room.receive(asSaid(message, sent, this.me, mentions));
  };

  readonly #nudge = (): void => {
    this.#connection.nudge();
  };

  readonly #onVisibility = (): void => {
    if (document.visibilityState !== "visible") {
      this.#pauseIn(PAUSE_AFTER_MS);
      return;
    }
    clearTimeout(this.#pauseTimer);
    this.#connection.nudge();
    if (this.#isPaused) {
      this.#isPaused = false;
      void this.#current?.enter();
    }
    this.#refresh();
  };

  #pauseIn(delayMs: number): void {
    clearTimeout(this.#pauseTimer);
    this.#pauseTimer = setTimeout(() => {
      // Whoever waits for an answer gets it by the room's messages.
      if (this.outgoing.get().length > 0 || this.uploads.all.get().length > 0) this.#pauseIn(PAUSE_AFTER_MS);
      else this.#pause();
    }, delayMs);
  }

  #pause(): void {
    this.#isPaused = true;
    this.#current?.leave();
  }

  /** The room on screen, while somebody may be looking at it. */
  get #followed(): OpenRoom | null {
    return this.#isPaused ? null : this.#current;
  }

  /** A page that the browser keeps for going back to has no part in anything meanwhile. */
  readonly #onPageHide = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) this.#connection.stop();
  };

  readonly #onPageShow = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) this.#connection.start();
  };

  /** Asks for the list while someone looks; the open room learns from it of messages that never arrived. */
  readonly #refresh = (): void => {
    if (document.visibilityState !== "visible" || !this.#connection.online) return;
    void this.directory.refresh().then(() => {
      const room = this.#current;
      if (room !== null) room.reach(this.directory.find(room.id)?.last_seq ?? 0);
    });
  };
}

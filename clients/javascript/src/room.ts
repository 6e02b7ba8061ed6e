/**
 * One room on screen: enters it, follows it live, pages back through it, and fetches what was missed.
 *
 * Order comes from the log alone. After a cut the same `enter` runs again and says the last number seen and the last
 * change known: what was missed comes with the reply, or its range to be paged.
 */

import { fullJitter } from "./backoff.ts";
import { type MessageChange, targetOf } from "./changes.ts";
import type { Connection } from "./connection.ts";
import { ChatError, CommandRefused, ConnectionLost } from "./errors.ts";
import type {
  History,
  MemberChanged,
  Message,
  MessagesSkipped,
  Room,
  RoomChanged,
  RoomPace,
  Subscribed,
  Tail,
} from "./frames.ts";
import { GapFiller } from "./gapFiller.ts";
import { RoomLog } from "./log.ts";
import { givenBetween } from "./numbers.ts";
import { RoomTail } from "./roomTail.ts";
import { type RoomView, UNENTERED } from "./roomView.ts";
import { type RoomWatcher, RoomWatchers } from "./roomWatcher.ts";
import { Store } from "./store.ts";
import type { TailDocuments, TailReader } from "./tail.ts";

const PAGE = 50;
/** Beyond this, the newest page is shown instead and the rest is history to scroll back to. */
export const MAX_FILL = 500;
const MAX_NOTICES = 50;

export interface OpenRoomOptions {
  readonly id: string;
  readonly connection: Pick<Connection, "request" | "online">;
  readonly tails: TailDocuments;
  /** Nobody looks at what is shown: nothing is polled for it. */
  readonly isHidden?: () => boolean;
  /** The room as the list has it; null while that is not here yet. */
  readonly listed: () => Room | null;
  readonly onEntered: (room: Room) => void;
  /** One is not to enter, or not to stay. */
  readonly onRefused: () => void;
  /** Messages that came into the log, whichever way. */
  readonly onMessages: (messages: readonly Message[]) => void;
}

export class OpenRoom {
  readonly id: string;
  readonly view = new Store<RoomView>(UNENTERED);

  readonly #options: OpenRoomOptions;
  readonly #gaps: GapFiller;
  readonly #tail: RoomTail;
  readonly #watchers = new RoomWatchers();
  /** Grows whenever the room is entered or left: what an earlier visit still waits for no longer counts. */
  #visit = 0;
  /** The number of the room's changes up to which all that became of messages here is known; null before any is. */
  #rev: number | null = null;
  #attempt = 0;
  #noticed = 0;
  #isOpen = false;
  #enterTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: OpenRoomOptions) {
    this.id = options.id;
    this.#options = options;
    this.#gaps = this.#gapFiller();
    this.#tail = new RoomTail(options.tails, this.#tailReader(), (isTailed) => {
      if (isTailed !== this.view.get().isTailed) this.#change({ isTailed });
    });
  }

  /** Whether one is on the way in, and not a member yet: what one writes meanwhile must not overtake that. */
  get isJoining(): boolean {
    return this.#isOpen && this.view.get().phase === "entering" && this.#options.listed()?.member !== true;
  }

  /** Tells of all that happens here; the answer ends that. */
  watch(watcher: RoomWatcher): () => void {
    return this.#watchers.add(watcher);
  }

  /** Shows the room, again after every reconnect: joins where needed, subscribes, and catches up. */
  async enter(): Promise<void> {
    const visit = ++this.#visit;
    this.#isOpen = true;
    this.#clearTimers();
    this.#change({ step: "full" }); // anything else comes with the subscription
    if (!this.#options.connection.online) return;
    try {
      const [subscribed, page] = await this.#arrive();
      if (visit !== this.#visit) {
        this.#unfollow();
        return;
      }
      this.#attempt = 0;
      this.#catchUp(subscribed, page);
    } catch (error) {
      if (visit === this.#visit) this.#enterFailed(error);
    }
  }

  /** Settles as soon as the room is entered, or is not to be. */
  async settled(): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.view.get().phase === "entering") return;
        unsubscribe();
        resolve();
      };
      const unsubscribe = this.view.subscribe(look);
      look();
    });
  }

  /** Takes the room off the screen; its log stays for the next visit. */
  leave(): void {
    this.#visit++;
    this.#isOpen = false;
    this.#clearTimers();
    this.#tail.end();
    if (this.view.get().phase === "ready") this.#unfollow();
  }

  /** Ends the subscription, unless the room is on screen again by now. */
  #unfollow(): void {
    const { connection } = this.#options;
    if (this.#isOpen || !connection.online) return;
    connection.request("unsubscribe", { room: this.id }).catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) console.warn(`unsubscribe ${this.id}:`, error);
    });
  }

  /** A live message, or one's own with the number it was given. */
  receive(message: Message): void {
    this.#take([message]);
    this.#gaps.expect();
    this.#watchers.tell((it) => it.onLive?.(message));
  }

  /** A message was edited, deleted, reacted to or pinned. */
  change(change: MessageChange): void {
    const { seq, rev } = targetOf(change);
    // A hole may be a number that nobody used, so it is not asked for before the next heartbeat.
    if (this.#rev !== null && rev === this.#rev + 1) this.#rev = rev;
    this.#setLog(this.view.get().log.changed(change));
    this.#watchers.tell((it) => it.onChange?.(change));
    this.reach(seq);
  }

  /** The room goes without something, or no longer does. */
  pace(pace: RoomPace): void {
    if (!this.#tail.isNews(pace)) return;
    this.#change({ step: pace.step });
    this.followTail(pace.tail);
  }

  /** The server said how the room is followed: by this tail, or with null live. */
  followTail(tail: Tail | null): void {
    if (this.#isOpen && this.view.get().phase === "ready") this.#tail.follow(tail);
  }

  /** Whether there is nothing to ask for that the room's tail does not bring. */
  get isTailed(): boolean {
    return this.#tail.isHealthy;
  }

  /** Too much is said to be sent live: the newest is shown, and the rest is history to scroll back to. */
  skip({ last }: MessagesSkipped): void {
    if (this.#isOpen && this.view.get().phase === "ready") this.#setLog(this.view.get().log.above(last));
  }

  /** What is up to `seq` is needed no longer. */
  forget(seq: number): void {
    this.#setLog(this.view.get().log.above(seq));
  }

  /** Everything that somebody said here is gone. */
  erase(author: string): void {
    this.#setLog(this.view.get().log.without(author));
    this.#watchers.tell((it) => it.onErased?.(author));
  }

  /** Older messages that were read some other way, up to the oldest one here without a hole. */
  prepend(messages: readonly Message[]): void {
    this.#take(messages);
  }

  /** Null where the server need not be asked for changes that never arrived. */
  get rev(): number | null {
    return this.#isOpen && this.view.get().phase === "ready" ? this.#rev : null;
  }

  /** Something else is set for the room, or for somebody in it. */
  note(event: MemberChanged | RoomChanged): void {
    const { log, notices } = this.view.get();
    // As a subscriber of the room one may hear again what one heard as the user concerned.
    if (JSON.stringify(notices.at(-1)?.event) === JSON.stringify(event)) return;
    const notice = { key: `notice-${this.#noticed++}`, afterSeq: log.lastSeq, event };
    this.#change({ notices: [...notices, notice].slice(-MAX_NOTICES) });
  }

  /** One's own membership changed: who is out sees nothing more, who is let in sees it again. */
  follow({ role }: MemberChanged): void {
    if (role === null || role === "banned") {
      const code = role === "banned" ? "banned" : "not_a_member";
      this.expel(new CommandRefused({ code, message: "", temporary: false, retry_after_ms: null }));
    } else if (this.#isOpen && this.view.get().phase === "refused") void this.enter();
  }

  /** One may not read the room any more: what was read stays on screen no longer. */
  expel(failure: CommandRefused): void {
    this.#visit++;
    this.#clearTimers();
    this.#tail.end();
    this.#rev = null;
    this.#change({ phase: "refused", failure, log: RoomLog.empty, notices: [] });
    this.#options.onRefused();
    this.#watchers.tell((it) => it.onReset?.());
  }

  /** A heartbeat says that one is not in this room: whether that is so shows when the room is subscribed to again. */
  async makeSure(): Promise<void> {
    const visit = this.#visit;
    try {
      await this.#options.connection.request("subscribe", { room: this.id, after: this.view.get().log.newest });
    } catch (error) {
      const isOut = error instanceof CommandRefused && !error.temporary;
      if (visit === this.#visit && isOut) this.expel(error);
    }
  }

  /** It is known from elsewhere that the room has got to `seq`. */
  reach(seq: number): void {
    if (this.#isOpen && this.view.get().phase === "ready") {
      this.#setLog(this.view.get().log.reaching(seq));
      this.#gaps.expect();
    }
  }

  /** Fetches the page above the oldest message. Does nothing where there is none, or one is on its way. */
  async loadOlder(): Promise<void> {
    const { phase, older, log } = this.view.get();
    if (phase !== "ready" || older === "loading" || log.complete) return;
    this.#change({ older: "loading" });
    try {
      this.#takePage(await this.#page(log.oldest, PAGE));
      this.#change({ older: "idle" });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      console.warn(`history of ${this.id}:`, error.message);
      this.#change({ older: "failed" });
    }
  }

  /** Fetches what is missing between messages, after it failed. */
  refill(): void {
    this.#change({ fillFailed: false });
    void this.#gaps.fill();
  }

  /** Picking a public room is joining it; a member's own rooms are entered without asking to join again. */
  async #arrive(): Promise<[Subscribed, History | null]> {
    if (this.#options.listed()?.member === false) await this.#join();
    try {
      return await this.#follow();
    } catch (error) {
      if (!(error instanceof CommandRefused && error.code === "not_a_member")) throw error;
      await this.#join();
      return this.#follow();
    }
  }

  /** With nothing here yet, the newest page; otherwise what came after the newest message here. */
  async #follow(): Promise<[Subscribed, History | null]> {
    const { log, phase } = this.view.get();
    const wasEmpty = phase === "ready" && log.lastSeq === 0;
    const after = log.newest ?? (wasEmpty ? 0 : null);
    const after_rev = this.#rev ?? this.#listedRev();
    const subscribed = this.#options.connection.request("subscribe", { room: this.id, after, after_rev });
    if (after !== null) return [await subscribed, null];
    // What changes between a page and the subscription comes with the latter, if that says what was known before both.
    if (after_rev === null) await subscribed;
    return Promise.all([subscribed, this.#page(null, PAGE)]);
  }

  #listedRev(): number | null {
    const listed = this.#options.listed();
    return listed?.member === true ? listed.last_rev : null;
  }

  async #join(): Promise<void> {
    const { room } = await this.#options.connection.request("join", { room: this.id });
    this.#options.onEntered(room);
  }

  #catchUp({ room, last_seq, recovered, messages, gap, tail, ...changes }: Subscribed, page: History | null): void {
    this.#options.onEntered(room);
    // The room may have been restored from a backup, with fewer numbers than are here.
    const isAhead = !recovered && gap === null;
    this.#rev = isAhead ? changes.last_rev : Math.max(this.#rev ?? 0, changes.last_rev);
    if (isAhead || changes.changes_gap || (gap !== null && gap.last - gap.first >= MAX_FILL)) {
      this.#startOver(last_seq);
      return;
    }
    if (page !== null) this.#takePage(page);
    this.#take(messages);
    this.#revise(changes.changed);
    this.#setLog(this.view.get().log.reaching(last_seq));
    this.#change({ phase: "ready", failure: null, fillFailed: false });
    this.followTail(tail);
    void this.#gaps.fill();
    this.#watchers.tell((it) => it.onEntered?.());
  }

  /** Messages as they stand that were changed. */
  #revise(messages: readonly Message[]): void {
    for (const message of messages) {
      const change = { type: "message_changed", message } as const;
      this.#setLog(this.view.get().log.changed(change));
      this.#watchers.tell((it) => it.onChange?.(change));
    }
  }

  #tailReader(): TailReader {
    return {
      rev: () => this.#rev ?? 0,
      isHidden: () => this.#options.isHidden?.() ?? false,
      onMessages: (messages) => {
        const before = this.view.get().log.lastSeq;
        this.#take(messages);
        const said = messages.filter(({ seq }) => seq > before);
        for (const message of said) this.#watchers.tell((it) => it.onLive?.(message));
      },
      onChanged: (messages, rev) => {
        this.#revise(messages);
        this.#rev = Math.max(this.#rev ?? 0, rev);
      },
      onReached: (seq) => {
        const { newest } = this.view.get().log;
        if (newest !== null && givenBetween(newest, seq) > MAX_FILL) this.#startOver(seq);
        else this.reach(seq);
      },
      ask: async () => {
        const { log } = this.view.get();
        const positions = { rooms: { [this.id]: log.newest ?? 0 }, revs: { [this.id]: this.#rev ?? 0 } };
        const { rooms, tails } = await this.#options.connection.request("sync", positions);
        this.followTail(tails[this.id] ?? null);
        this.reach(rooms[this.id] ?? 0);
      },
      catchUp: () => void this.enter(),
    };
  }

  /** Too much was missed: the newest page is shown, and the rest is history to scroll back to. */
  #startOver(lastSeq: number): void {
    this.#change({ log: RoomLog.empty.reaching(lastSeq), notices: [] });
    this.#watchers.tell((it) => it.onReset?.());
    void this.enter();
  }

  #enterFailed(error: unknown): void {
    if (!(error instanceof Error)) throw error;
    if (error instanceof ConnectionLost) return; // the next connection enters again
    if (error instanceof ChatError && error.temporary) {
      const asked = error instanceof CommandRefused ? (error.retryAfterMs ?? 0) : 0;
      this.#enterTimer = setTimeout(() => void this.enter(), asked + fullJitter(this.#attempt++, Math.random));
      return;
    }
    this.#change({ phase: "refused", failure: error });
    this.#options.onRefused();
  }

  #page(before: number | null, limit: number): Promise<History> {
    return this.#options.connection.request("history", { room: this.id, before, limit });
  }

  #takePage(page: History): void {
    this.#take(page.messages);
    if (!page.more) this.#setLog(this.view.get().log.completed());
  }

  #take(messages: readonly Message[]): void {
    this.#setLog(this.view.get().log.with(messages));
    this.#options.onMessages(messages);
    this.#watchers.tell((it) => it.onMessages?.(messages));
  }

  #gapFiller(): GapFiller {
    return new GapFiller({
      id: this.id,
      visit: () => (this.#isOpen ? this.#visit : null),
      newestGap: () => this.view.get().log.gaps().at(-1),
      fromTail: (gap) => this.#tail.fetch(gap),
      page: (before, limit) => this.#page(before, limit),
      onMessages: (messages) => {
        this.#take(messages);
      },
      onPage: (page) => {
        this.#takePage(page);
      },
      onFailed: (fillFailed) => {
        this.#change({ fillFailed });
      },
    });
  }

  #clearTimers(): void {
    clearTimeout(this.#enterTimer);
    this.#gaps.rest();
  }

  #setLog(log: RoomLog): void {
    if (log !== this.view.get().log) this.#change({ log });
  }

  #change(change: Partial<RoomView>): void {
    this.view.update((view) => ({ ...view, ...change }));
  }
}

/**
 * One user's connection in one browser, however many tabs show it: one tab has the line, the others speak through it.
 *
 * When the tab that has it is closed, crashes or freezes, another opens a line of its own, and every tab catches up as after
 * a cut. Where a browser can't share (no Web Locks or no BroadcastChannel), each tab has a line of its own. Two users in one
 * browser share nothing. Why so: docs/decisions/0037-tabs-share-a-line.md.
 */

import type { Connection, ConnectionStatus, TabOptions } from "./connection.ts";
import { ConnectionLost } from "./errors.ts";
import type { Action, Author, Commands, Results } from "./frames.ts";
import { Leadership, type Locks } from "./leadership.ts";
import type { RequestOptions } from "./line.ts";
import { TabGuest } from "./tabGuest.ts";
import { TabHost } from "./tabHost.ts";
import { type GuestWord, type HostWord, TABS_VERSION, type Word } from "./tabWords.ts";

export type Channel = Pick<BroadcastChannel, "postMessage" | "onmessage" | "close">;

/** What of the browser the tabs have in common. */
export interface TabPlatform {
  readonly locks: Locks;
  readonly openChannel: (name: string) => Channel;
}

export interface SharedConnectionOptions extends TabOptions {
  readonly me: Author;
  /** Null where nothing can be shared. */
  readonly platform: TabPlatform | null;
  /** This tab has the line from now on. */
  readonly onLead: () => void;
  /** Another of the user's tabs did something in the room; null: with the list of rooms. */
  readonly onChanged: (room: string | null) => void;
}

/** The running browser's, or null where it lacks something. */
export function tabPlatform(): TabPlatform | null {
  // Both are missing on pages that are not secure, whatever the types say.
  const { locks } = navigator as { readonly locks?: LockManager };
  if (locks === undefined || typeof BroadcastChannel === "undefined") return null;
  return { locks, openChannel: (name) => new BroadcastChannel(name) };
}

export class SharedConnection implements Pick<Connection, "status" | "online" | "start" | "stop" | "nudge" | "request"> {
  status: ConnectionStatus = { phase: "stopped", way: "socket", offlineSinceMs: null };

  readonly #options: SharedConnectionOptions;
  readonly #tab = crypto.randomUUID();
  readonly #leadership: Leadership | null;
  #channel: Channel | null = null;
  /** The side that this tab is on; null while it is stopped. */
  #side: TabHost | TabGuest | null = null;
  /** Grows with every change of sides. */
  #turn = 0;
  /** Ends what tells others that this tab lives, and what it waits for of others. */
  #life = new AbortController();

  constructor(options: SharedConnectionOptions) {
    const { platform } = options;
    this.#options = options;
    this.#leadership = platform && new Leadership({
      locks: platform.locks,
      name: this.#name("lead"),
      onLead: () => {
        this.#become(new TabHost(this.#hostOptions()));
      },
      onDeposed: () => {
        this.#become(new TabGuest(this.#guestOptions()));
        this.#leadership?.stand();
      },
    });
  }

  get online(): boolean {
    return this.status.phase === "online";
  }

  /** Whether the line is this tab's own. */
  get leads(): boolean {
    return this.#side instanceof TabHost;
  }

  /** Whether the user has no other tab here. */
  get isOnlyTab(): boolean {
    return this.#side instanceof TabHost && !this.#side.hasGuests;
  }

  /** Does nothing when it is already running. */
  start(): void {
    if (this.#side !== null) return;
    const { platform } = this.#options;
    if (platform === null) {
      this.#become(new TabHost(this.#hostOptions()));
      return;
    }
    this.#life = new AbortController();
    this.#holdUntilStopped(platform.locks);
    const channel = (this.#channel = platform.openChannel(this.#name("line")));
    channel.onmessage = ({ data }: MessageEvent<Word>) => {
      this.#hear(data);
    };
    this.#become(new TabGuest(this.#guestOptions()));
    this.#leadership?.stand();
  }

  stop(): void {
    const side = this.#side;
    if (side === null) return;
    this.#side = null;
    this.#turn++;
    side.stop();
    this.#life.abort();
    this.#channel?.close();
    this.#channel = null;
    this.#leadership?.resign();
    this.#setStatus({ ...this.status, phase: "stopped" });
  }

  /** The network or the page came back, or a person asked: tries at once, or makes sure that the line is alive. */
  nudge(): void {
    this.#side?.nudge();
  }

  /** As `Connection.request`. */
  request<A extends Action>(action: A, command: Commands[A], options: RequestOptions = {}): Promise<Results[A]> {
    if (this.#side === null || !this.online) return Promise.reject(new ConnectionLost());
    return this.#side.request(action, command, options);
  }

  #become(side: TabHost | TabGuest): void {
    const before = this.#side;
    this.#side = side;
    before?.stop();
    side.start();
    if (side instanceof TabHost) this.#options.onLead();
  }

  #hear(word: Word): void {
    const side = this.#side;
    if (side instanceof TabHost && "tab" in word) side.hear(word);
    else if (side instanceof TabGuest && !("tab" in word)) side.hear(word);
  }

  #hostOptions(): ConstructorParameters<typeof TabHost>[0] {
    const { me, onChanged } = this.#options;
    const watch = this.#waitForEnd.bind(this);
    return { tab: this.#tab, me, connection: this.#ofSide(), onChanged, say: this.#say, watch };
  }

  #guestOptions(): ConstructorParameters<typeof TabGuest>[0] {
    const onSilence = (): void => {
      this.#leadership?.seize();
    };
    return { tab: this.#tab, connection: this.#ofSide(), onChanged: this.#options.onChanged, say: this.#say, onSilence };
  }

  /** What the next side tells; of its status only while it is the one that counts. */
  #ofSide(): TabOptions {
    const turn = ++this.#turn;
    const onStatus = (status: ConnectionStatus): void => {
      if (turn === this.#turn) this.#setStatus(status);
    };
    return { ...this.#options, onStatus };
  }

  #setStatus(status: ConnectionStatus): void {
    this.status = status;
    this.#options.onStatus(status);
  }

  readonly #say = (word: GuestWord | HostWord): void => {
    this.#channel?.postMessage(word);
  };

  /** Holds a lock for as long as this tab takes part, by which the others know. */
  #holdUntilStopped(locks: Locks): void {
    const { signal } = this.#life;
    const stopped = (): Promise<void> => new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        resolve();
      });
    });
    locks.request(this.#name(`tab.${this.#tab}`), { signal }, stopped).catch(unlessAborted(signal));
  }

  #waitForEnd(tab: string, onGone: () => void): void {
    const { signal } = this.#life;
    this.#options.platform?.locks.request(this.#name(`tab.${tab}`), { signal }, onGone).catch(unlessAborted(signal));
  }

  #name(what: string): string {
    return `agent-chat.${TABS_VERSION}.${this.#options.me.id}.${what}`;
  }
}

function unlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) console.warn("other tabs can't be watched:", error);
  };
}

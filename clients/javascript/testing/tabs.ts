/** What a browser's tabs have in common, in memory: locks that end with their holder, and channels. */

import type { Locks } from "../src/leadership.ts";
import type { Channel, TabPlatform } from "../src/sharedConnection.ts";

type Callback = (lock: Lock | null) => unknown;

interface Claim {
  readonly tab: FakeTab;
  readonly run: Callback;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One tab as the browser gives it to a page. Frozen ones hear nothing, and keep their locks. */
export class FakeTab implements TabPlatform {
  readonly locks: Locks;
  readonly channels: FakeChannel[] = [];
  isFrozen = false;

  readonly #browser: FakeBrowser;

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
    const request = (name: string, options: LockOptions | Callback, run?: Callback): Promise<unknown> =>
      typeof options === "function" ? browser.claim(this, name, {}, options) : browser.claim(this, name, options, run!);
    this.locks = { request };
  }

  openChannel = (name: string): Channel => {
    const channel = new FakeChannel(this.#browser, this, name);
    this.channels.push(channel);
    return channel;
  };

  /** The tab is gone, and nothing in it was told before. */
  crash(): void {
    for (const channel of this.channels) channel.close();
    this.#browser.release(this);
  }
}

export class FakeBrowser {
  readonly tabs: FakeTab[] = [];
  /** The first of each list has the lock. */
  readonly #claims = new Map<string, Claim[]>();

  openTab(): FakeTab {
    const tab = new FakeTab(this);
    this.tabs.push(tab);
    return tab;
  }

  claim(tab: FakeTab, name: string, { signal, steal = false }: LockOptions, run: Callback): Promise<unknown> {
    const queue = this.#claims.get(name) ?? [];
    this.#claims.set(name, queue);
    return new Promise((resolve, reject) => {
      const claim: Claim = { tab, run, resolve, reject };
      if (steal) queue.shift()?.reject(new DOMException("stolen", "AbortError"));
      if (steal) queue.unshift(claim);
      else queue.push(claim);
      signal?.addEventListener("abort", () => {
        if (queue[0] === claim || !queue.includes(claim)) return;
        queue.splice(queue.indexOf(claim), 1);
        reject(new DOMException("aborted", "AbortError"));
      });
      if (queue[0] === claim) this.#grant(name, claim);
    });
  }

  /** Whatever a tab holds or waits for. */
  release(tab: FakeTab): void {
    for (const [name, queue] of this.#claims) {
      const first = queue[0];
      queue.splice(0, queue.length, ...queue.filter((it) => it.tab !== tab));
      if (queue[0] !== undefined && queue[0] !== first) this.#grant(name, queue[0]);
    }
  }

  #grant(name: string, claim: Claim): void {
    queueMicrotask(() => {
      void Promise.resolve(claim.run({ name, mode: "exclusive" })).then((value) => {
        const queue = this.#claims.get(name) ?? [];
        if (queue[0] !== claim) return;
        queue.shift();
        claim.resolve(value);
        const next = queue.at(0);
        if (next !== undefined) this.#grant(name, next);
      });
    });
  }
}

class FakeChannel implements Channel {
  onmessage: Channel["onmessage"] = null;
  readonly #browser: FakeBrowser;
  readonly #tab: FakeTab;
  readonly #name: string;
  #isClosed = false;

  constructor(browser: FakeBrowser, tab: FakeTab, name: string) {
    this.#browser = browser;
    this.#tab = tab;
    this.#name = name;
  }

  postMessage(message: unknown): void {
    if (this.#isClosed) throw new DOMException("the channel is closed", "InvalidStateError");
    const others = this.#browser.tabs.filter((tab) => tab !== this.#tab).flatMap((tab) => tab.channels);
    for (const channel of others) channel.#receive(this.#name, structuredClone(message));
  }

  close(): void {
    this.#isClosed = true;
  }

  #receive(name: string, data: unknown): void {
    queueMicrotask(() => {
      if (name !== this.#name || this.#isClosed || this.#tab.isFrozen) return;
      this.onmessage?.call(this as unknown as BroadcastChannel, new MessageEvent("message", { data }));
    });
  }
}

/** What jsdom lacks of a browser, as far as the client uses it. */

import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

class StillResizeObserver implements ResizeObserver {
  observe(): void {
    // Nothing is laid out here, so nothing ever changes its size.
  }
  unobserve(): void {
    // See observe.
  }
  disconnect(): void {
    // See observe.
  }
}

// Files of tests are contexts of threads, and Node's channels go to all threads: each has a browser of its own.
const browser = crypto.randomUUID();
globalThis.BroadcastChannel = class extends BroadcastChannel {
  constructor(name: string) {
    super(`${browser}.${name}`);
  }
};

// What is waited for comes late where the machine has other work, and a test that fails waits longer: no other harm.
configure({ asyncUtilTimeout: 5_000 });

globalThis.ResizeObserver = StillResizeObserver;
// A window in which every row of a test's log has its place.
const LAYOUT = { clientHeight: 6_000, clientWidth: 800, offsetHeight: 40, offsetWidth: 800 };
for (const [name, value] of Object.entries(LAYOUT)) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value });
}
Element.prototype.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;
window.matchMedia = (media) => Object.assign(new EventTarget(), { matches: false, media }) as unknown as MediaQueryList;
URL.createObjectURL = () => "blob:preview";
URL.revokeObjectURL = () => undefined;
HTMLDialogElement.prototype.showModal = function showModal() {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close() {
  this.open = false;
};

const { fetch, WebSocket } = globalThis;

afterEach(() => {
  cleanup();
  Object.assign(globalThis, { fetch, WebSocket }); // whatever server a test put behind them
  sessionStorage.clear();
  localStorage.clear();
  window.location.hash = "";
});

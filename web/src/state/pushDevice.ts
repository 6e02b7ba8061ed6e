/**
 * This browser as a device on which a user is told of messages while no page of theirs is open (Web Push).
 *
 * A browser has one subscription, which belongs to whoever registered it last. Which device of the server's it is, is kept
 * in `localStorage`.
 */

import { readDevices, registerDevice, removeDevice } from "@agent-chat/client/account";
import type { Session } from "@agent-chat/client/stage";
import { Store } from "@agent-chat/client/store";

import { STAGE } from "./stage";

const WORKER = "/worker.js";
const KEY = "agent-chat.device";

/** `unsupported`: the browser has no such thing. `blocked`: its owner forbade the page to. */
export type PushState = "unknown" | "unsupported" | "blocked" | "off" | "on";

export interface PushView {
  readonly state: PushState;
  readonly isBusy: boolean;
  readonly failure: unknown;
}

export class PushDevice {
  readonly view = new Store<PushView>({ state: "unknown", isBusy: false, failure: null });
  readonly #session: Pick<Session, "token">;

  constructor(session: Pick<Session, "token">) {
    this.#session = session;
  }

  /** Finds out whether the user is told on this browser. */
  async look(): Promise<void> {
    await this.#become(async () => {
      if (!isSupported()) return "unsupported";
      if (Notification.permission === "denied") return "blocked";
      const id = localStorage.getItem(KEY);
      const registration = await navigator.serviceWorker.getRegistration(WORKER);
      const subscription = await registration?.pushManager.getSubscription();
      if (id === null || !subscription) return "off";
      return (await readDevices(STAGE, this.#session.token)).ids.includes(id) ? "on" : "off";
    });
  }

  /** Has the browser ask its owner, where they have not said yet. To be called for a click. */
  async turnOn(): Promise<void> {
    await this.#become(async () => {
      if ((await Notification.requestPermission()) !== "granted") {
        return Notification.permission === "denied" ? "blocked" : "off";
      }
      const { vapidPublicKey } = await readDevices(STAGE, this.#session.token);
      await navigator.serviceWorker.register(WORKER);
      const { pushManager } = await navigator.serviceWorker.ready;
      // One that was made for another key of the stage's stands in the way of a new one.
      await (await pushManager.getSubscription())?.unsubscribe();
      const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: vapidPublicKey });
      localStorage.setItem(KEY, await registerDevice(STAGE, this.#session.token, subscription.toJSON()));
      return "on";
    });
  }

  async turnOff(): Promise<void> {
    await this.#become(async () => {
      await forgetDevice(this.#session);
      return "off";
    });
  }

  async #become(find: () => Promise<PushState>): Promise<void> {
    this.view.update((view) => ({ ...view, isBusy: true, failure: null }));
    try {
      this.view.set({ state: await find(), isBusy: false, failure: null });
    } catch (failure) {
      this.view.update((view) => ({ ...view, isBusy: false, failure }));
    }
  }
}

/** Nobody is told on this browser any more, by whatever page. Nothing happens where nobody was. */
export async function forgetDevice({ token }: Pick<Session, "token">): Promise<void> {
  const id = localStorage.getItem(KEY);
  if (id === null) return;
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  localStorage.removeItem(KEY);
  try {
    await removeDevice(STAGE, token, id);
  } catch (error) {
    console.warn("the server was not told of the device's end:", error); // it learns that with its next message there
  }
}

function isSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

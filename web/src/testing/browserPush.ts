/** What a browser has for Web Push, as far as a page uses it: one subscription, and a person who is asked. */

import { vi } from "vitest";

class FakePushManager {
  subscription: FakeSubscription | null = null;
  /** Why the push service refuses; null where it takes everybody. */
  failure: Error | null = null;
  #made = 0;

  getSubscription(): Promise<FakeSubscription | null> {
    return Promise.resolve(this.subscription);
  }

  subscribe({ applicationServerKey }: { readonly applicationServerKey: string }): Promise<FakeSubscription> {
    if (this.failure !== null) return Promise.reject(this.failure);
    this.subscription = new FakeSubscription(`https://push.test/${++this.#made}`, applicationServerKey, () => {
      this.subscription = null;
    });
    return Promise.resolve(this.subscription);
  }
}

class FakeSubscription {
  readonly endpoint: string;
  readonly key: string;
  readonly #onEnd: () => void;

  constructor(endpoint: string, key: string, onEnd: () => void) {
    this.endpoint = endpoint;
    this.key = key;
    this.#onEnd = onEnd;
  }

  unsubscribe(): Promise<boolean> {
    this.#onEnd();
    return Promise.resolve(true);
  }

  toJSON(): PushSubscriptionJSON {
    return { endpoint: this.endpoint, keys: { p256dh: "p", auth: "a" } };
  }
}

/** Puts it into the page until globals are restored. `answer` is what the person says. */
export function installPush(answer: NotificationPermission): FakePushManager {
  const pushManager = new FakePushManager();
  const registration = { pushManager };
  let isRegistered = false;
  const serviceWorker = {
    ready: Promise.resolve(registration),
    register: () => {
      isRegistered = true;
      return Promise.resolve(registration);
    },
    getRegistration: () => Promise.resolve(isRegistered ? registration : undefined),
  };
  const Notification = {
    permission: "default" as NotificationPermission,
    requestPermission: () => {
      Notification.permission = answer;
      return Promise.resolve(answer);
    },
  };
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { serviceWorker }));
  vi.stubGlobal("PushManager", FakePushManager);
  vi.stubGlobal("Notification", Notification);
  return pushManager;
}

import { beforeAll, beforeEach, expect, it, vi } from "vitest";

const ALERT = { room: "lunch", title: "Lunch", author: "Grace", text: "Soup?", seq: 7, unread: 3, urgent: false };

const showNotification = vi.fn<(title: string, options: object) => Promise<void>>();
const openWindow = vi.fn<(address: string) => Promise<void>>();
const navigate = vi.fn<(address: string) => Promise<void>>();
let windows: { url: string }[];

beforeAll(async () => {
  vi.stubGlobal("registration", { showNotification });
  vi.stubGlobal("clients", { matchAll: () => Promise.resolve(windows), openWindow });
  for (const load of Object.values(import.meta.glob("../public/worker.js"))) await load();
});

beforeEach(() => {
  for (const mock of [showNotification, openWindow, navigate]) mock.mockClear();
  windows = [];
});

/** Settles with whatever the worker had to wait for. */
async function dispatch(type: string, extra: object): Promise<void> {
  let work: Promise<unknown> = Promise.resolve();
  const waitUntil = (it: Promise<unknown>): void => {
    work = it;
  };
  window.dispatchEvent(Object.assign(new Event(type), { waitUntil, ...extra }));
  await work;
}

async function push(alert: object): Promise<void> {
  await dispatch("push", { data: { json: () => alert } });
}

async function click(): Promise<void> {
  await dispatch("notificationclick", { notification: { close: () => undefined, data: { address: "/#/room/lunch/7" } } });
}

it("shows who said what, one notification a room", async () => {
  await push(ALERT);
  const options = { body: "Grace: Soup?", tag: "lunch", renotify: false, icon: "/icon.svg", data: { address: "/#/room/lunch/7" } };
  expect(showNotification.mock.calls).toEqual([["Lunch", options]]);
});

it("shows how much is unread where there is no text", async () => {
  await push({ ...ALERT, text: "" });
  await push({ ...ALERT, text: "", author: "" });
  expect(showNotification.mock.calls.map(([, options]) => options)).toMatchObject([{ body: "Grace: (3)" }, { body: "(3)" }]);
});

it("leads to the message in a window of the chat, or in a new one where only the console is open", async () => {
  windows = [{ url: "https://chat.test/console" }];
  await click();
  expect(openWindow.mock.calls).toEqual([["/#/room/lunch/7"]]);
  const chat = { url: "https://chat.test/#/room/other", focus: () => Promise.resolve({ navigate }) };
  windows.push(chat);
  await click();
  expect([navigate.mock.calls, openWindow.mock.calls.length]).toEqual([[["/#/room/lunch/7"]], 1]);
});

import { FakeServer, reply } from "@agent-chat/client/testing/server";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { installPush } from "../testing/browserPush";
import { forgetDevice, PushDevice } from "./pushDevice";

const ADDRESS = "/api/push/subscriptions";
const SESSION = { token: "Ada" };

/** Endpoints by the device's id, as the server has them. */
let devices: Map<string, string>;
let server: FakeServer;

function overview(): Promise<Response> {
  return reply(200, { vapid_public_key: "BKey", subscriptions: [...devices.keys()].map((id) => ({ id, kind: "web" })) });
}

beforeEach(() => {
  devices = new Map();
  server = new FakeServer();
  server.install();
  server.answers.set(`GET ${ADDRESS}`, overview);
  server.answers.set(`POST ${ADDRESS}`, ({ body }) => {
    const { endpoint } = JSON.parse(body as string) as { endpoint: string };
    devices.set(`device of ${endpoint}`, endpoint);
    return reply(201, { id: `device of ${endpoint}` });
  });
  server.answers.set(`DELETE ${ADDRESS}`, ({ body }) => {
    devices.delete((JSON.parse(body as string) as { id: string }).id);
    return overview();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

it("is turned on with the stage's key, found again, and turned off", async () => {
  const browser = installPush("granted");
  const device = new PushDevice(SESSION);
  await device.look();
  expect(device.view.get().state).toBe("off");
  await device.turnOn();
  expect(device.view.get()).toEqual({ state: "on", isBusy: false, failure: null });
  expect([browser.subscription?.key, [...devices.values()]]).toEqual(["BKey", ["https://push.test/1"]]);

  const later = new PushDevice(SESSION);
  await later.look();
  expect(later.view.get().state).toBe("on");
  await later.turnOff();
  expect([later.view.get().state, browser.subscription, devices.size]).toEqual(["off", null, 0]);
});

it("is off where the server has forgotten it, and comes back with another subscription", async () => {
  installPush("granted");
  const device = new PushDevice(SESSION);
  await device.turnOn();
  devices.clear();
  await device.look();
  expect(device.view.get().state).toBe("off");
  await device.turnOn();
  expect([...devices.values()]).toEqual(["https://push.test/2"]);
});

it("is blocked where the person says no, and unsupported where the browser has none", async () => {
  const bare = new PushDevice(SESSION);
  await bare.look();
  expect(bare.view.get().state).toBe("unsupported");
  installPush("denied");
  const device = new PushDevice(SESSION);
  await device.turnOn();
  expect(device.view.get().state).toBe("blocked");
});

it("stays off, with the reason, where the browser's push service refuses", async () => {
  const browser = installPush("granted");
  browser.failure = new DOMException("no push service", "AbortError");
  const device = new PushDevice(SESSION);
  await device.look();
  await device.turnOn();
  expect(device.view.get()).toEqual({ state: "off", isBusy: false, failure: browser.failure });
});

it("ends on this browser even while the server can't be told", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const browser = installPush("granted");
  await new PushDevice(SESSION).turnOn();
  server.isDown = true;
  await forgetDevice(SESSION);
  expect([browser.subscription, localStorage.length, warn.mock.calls.length]).toEqual([null, 0, 1]);
});

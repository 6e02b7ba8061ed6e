import { FakeServer, reply } from "@agent-chat/client/testing/server";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { DataExportWatch, LOOK_EVERY_MS, RENEW_EVERY_MS } from "./dataExport";

const ADDRESS = "/api/account/export";

let server: FakeServer;
let looks: number;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  server.install();
  looks = 0;
  server.answers.set(`POST ${ADDRESS}`, () => reply(202, { state: "running", done: {}, total: 0, archives: [] }));
  server.answers.set(`GET ${ADDRESS}`, () => {
    looks++;
    return reply(200, { state: "done", done: {}, total: 0, archives: [{ url: `https://files.test/${looks}`, size_bytes: 9 }] });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function begun(): Promise<DataExportWatch> {
  const watch = new DataExportWatch({ token: "Ada" });
  await watch.begin();
  return watch;
}

it("is looked at until it is done, and then for links that still work", async () => {
  const watch = await begun();
  expect(watch.view.get()).toMatchObject({ isBusy: true, found: { isDone: false, share: 0 } });
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  expect(watch.view.get()).toMatchObject({ isBusy: false, found: { isDone: true } });
  await vi.advanceTimersByTimeAsync(RENEW_EVERY_MS);
  expect(watch.view.get().found?.archives).toEqual([{ url: "https://files.test/2", sizeBytes: 9 }]);
});

it("is not looked at any more once nobody waits", async () => {
  const watch = await begun();
  watch.stop();
  await vi.advanceTimersByTimeAsync(RENEW_EVERY_MS);
  expect(looks).toBe(0);
});

it("says why it can't be looked at, and goes on when it is asked for again", async () => {
  const watch = await begun();
  server.isDown = true;
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  expect(watch.view.get()).toMatchObject({ isBusy: false, failure: { code: "network" } });
  server.isDown = false;
  await watch.begin();
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  expect(watch.view.get()).toMatchObject({ failure: null, found: { isDone: true } });
});

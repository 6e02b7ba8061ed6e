/** Uploads of a window: cut off by a reload they wait for their file, and whoever gives one up gives it up in the store. */

import { RequestFailed } from "@agent-chat/client/errors";
import { FakeUploadServer } from "@agent-chat/client/testing/uploads";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { REMEMBERED_MS, Uploads } from "./uploads";

const KEY = "uploads";

let server: FakeUploadServer;

beforeEach(() => {
  server = new FakeUploadServer();
  sessionStorage.clear();
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:photo");
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue(undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** The window's uploads, as a page finds them when it is loaded. */
function load(): Uploads {
  return new Uploads({ server, entered: () => Promise.resolve(), storage: sessionStorage, storageKey: KEY, random: () => 0 });
}

function photo(text = "one.two.three.four", lastModified = 1): File {
  return new File([text], "photo.png", { type: "image/png", lastModified });
}

function phases(uploads: Uploads): string[] {
  return uploads.all.get().map((it) => it.phase);
}

async function untilPhase(uploads: Uploads, phase: string): Promise<void> {
  await vi.waitFor(() => {
    expect(phases(uploads)).toEqual([phase]);
  });
}

/** An upload of which the second part never arrives, and the page that it was in. */
async function interrupted(): Promise<Uploads> {
  server.obstacle = (call) => (call === "put 2" ? new Promise(() => undefined) : undefined);
  const uploads = load();
  uploads.add("lunch", [photo()]);
  await vi.waitFor(() => {
    expect(server.begun.get("m1")?.parts.size).toBeGreaterThan(1);
  });
  return uploads;
}

it("an upload is sent, processed, and gone with its message", async () => {
  const uploads = load();
  uploads.add("lunch", [photo()]);
  await untilPhase(uploads, "processing");
  expect(uploads.all.get()[0]).toMatchObject({ progress: 1, media: "m1", previewUrl: "blob:photo" });
  uploads.settle("m1");
  expect(uploads.all.get()).toEqual([]);
  expect(load().all.get()).toEqual([]);
});

it("after a reload an upload waits for its file, and goes on with what is missing", async () => {
  const before = await interrupted();
  before.stop();
  const uploads = load();
  expect(uploads.all.get()).toMatchObject([{ phase: "failed", file: null, media: "m1", failure: { code: "upload_interrupted" } }]);
  server.obstacle = () => undefined;
  server.calls.length = 0;
  uploads.add("lunch", [photo()]);
  await untilPhase(uploads, "processing");
  expect(server.calls).not.toContain("permit");
  expect(server.calls).not.toContain("put 1");
  expect(server.calls).toContain("put 2");
  expect(await server.textOf("m1")).toBe("one.two.three.four");
});

it.each([
  ["another file", "lunch", photo("one.two.three.four", 2)],
  ["another room", "attic", photo()],
])("%s is an upload of its own beside it", async (_, room, file) => {
  (await interrupted()).stop();
  server.obstacle = () => undefined;
  const uploads = load();
  uploads.add(room, [file]);
  await vi.waitFor(() => {
    expect(phases(uploads)).toEqual(["failed", "processing"]);
  });
  expect([...server.begun.keys()]).toEqual(["m1", "m2"]);
});

it("one that is given up is given up in the store, and waits for nobody after a reload", async () => {
  (await interrupted()).stop();
  const uploads = load();
  uploads.remove(uploads.all.get()[0]!.id);
  expect(uploads.all.get()).toEqual([]);
  await vi.waitFor(() => {
    expect(server.begun.get("m1")?.state).toBe("cancelled");
  });
  expect(load().all.get()).toEqual([]);
});

it("one that waits for longer than the server does is forgotten", async () => {
  (await interrupted()).stop();
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + REMEMBERED_MS + 1);
  expect(load().all.get()).toEqual([]);
});

it("one that failed is tried again with what is missing", async () => {
  server.obstacle = (call) => (call === "put 2" ? new RequestFailed(404, "part_refused", "") : undefined);
  const uploads = load();
  uploads.add("lunch", [photo()]);
  await untilPhase(uploads, "failed");
  server.obstacle = () => undefined;
  uploads.retry(uploads.all.get()[0]!.id);
  await untilPhase(uploads, "processing");
  expect([...server.begun.keys()]).toEqual(["m1"]);
});

it("one that the server takes no more of begins anew", async () => {
  server.obstacle = (call) => (call === "complete" ? new RequestFailed(409, "upload_closed", "") : undefined);
  const uploads = load();
  uploads.add("lunch", [photo()]);
  await untilPhase(uploads, "failed");
  server.obstacle = () => undefined;
  uploads.retry(uploads.all.get()[0]!.id);
  await untilPhase(uploads, "processing");
  expect([...server.begun.keys()]).toEqual(["m1", "m2"]);
});

it("what can't be read in the storage is left alone", () => {
  const warned = vi.spyOn(console, "warn").mockReturnValue(undefined);
  sessionStorage.setItem(KEY, '[{"id": 7}]');
  expect(load().all.get()).toEqual([]);
  expect(warned).toHaveBeenCalledOnce();
});

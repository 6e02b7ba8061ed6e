/** A file on its way: what is cut off is repeated part by part, and what is there already is not sent again. */

import { beforeEach, expect, it } from "vitest";

import { FakeUploadServer } from "../testing/uploads.ts";
import { FileRejected, RequestFailed } from "./errors.ts";
import { MAX_TRIES, PARALLEL_PARTS, sendFile, type Sending, type UploadPermit } from "./upload.ts";

const SMALL = new File(["small"], "small.png", { type: "image/png" });
const LARGE = new File(["one.two.three.four.last"], "large.png", { type: "image/png" });
const OFFLINE = new RequestFailed(0, "network", "no line");

let server: FakeUploadServer;
let permits: UploadPermit[];
let progress: number[];

beforeEach(() => {
  server = new FakeUploadServer();
  permits = [];
  progress = [];
});

function send(file: File, options: Partial<Sending> = {}): Promise<void> {
  return sendFile({
    server,
    room: "lunch",
    file,
    begun: null,
    onPermitted: (permit) => permits.push(permit),
    onProgress: (done) => progress.push(done),
    signal: new AbortController().signal,
    random: () => 0,
    ...options,
  });
}

function puts(): string[] {
  return server.calls.filter((call) => call.startsWith("put")).sort();
}

async function failureOf(sending: Promise<void>): Promise<unknown> {
  return sending.then(
    () => null,
    (error: unknown) => error,
  );
}

it("a small file is one form", async () => {
  await send(SMALL);
  expect(server.calls).toEqual(["permit", "post"]);
  expect([await server.textOf("m1"), progress.at(-1)]).toEqual(["small", 1]);
});

it("a large file goes in parts, a few at once, and is whole at the end", async () => {
  await send(LARGE);
  expect(await server.textOf("m1")).toBe(await LARGE.text());
  expect(server.begun.get("m1")?.state).toBe("processing");
  expect(server.mostPartsUnderWay).toBeGreaterThan(1);
  expect(server.mostPartsUnderWay).toBeLessThanOrEqual(PARALLEL_PARTS);
  expect(permits.map(({ media }) => media)).toEqual(["m1"]);
});

it("progress is over all parts, and never more than all", async () => {
  await send(LARGE);
  expect(progress.at(-1)).toBe(1);
  expect(Math.max(...progress)).toBe(1);
  expect(progress[0]).toBeLessThan(0.2);
});

it("a part that does not get through is sent again, at an address of its own, and the others once", async () => {
  let left = 3;
  server.obstacle = (call) => (call === "put 2" && left-- > 0 ? OFFLINE : undefined);
  await send(LARGE);
  expect(puts()).toEqual([1, 2, 2, 2, 2, 3, 4, 5, 6].map((number) => `put ${number}`));
  expect(server.calls.filter((call) => call === "address 2").length).toBe(4);
  expect(await server.textOf("m1")).toBe(await LARGE.text());
});

it.each([400, 403])("an address that has expired, or bytes damaged on the way, are no reason to stop (%i)", async (status) => {
  let left = 1;
  server.obstacle = (call) => (call === "put 1" && left-- > 0 ? new RequestFailed(status, "part_refused", "") : undefined);
  await send(LARGE);
  expect(server.begun.get("m1")?.state).toBe("processing");
});

it("a line that stays down fails after so many tries, and the other parts stop", async () => {
  server.obstacle = (call) => (call === "put 3" ? OFFLINE : undefined);
  expect(await failureOf(send(LARGE))).toBe(OFFLINE);
  expect(server.calls.filter((call) => call === "put 3").length).toBe(MAX_TRIES);
  expect(server.calls).not.toContain("complete");
});

it("what was begun before is gone on with: only what is missing is sent", async () => {
  server.obstacle = (call) => (call === "put 5" ? new RequestFailed(404, "part_refused", "") : undefined);
  await failureOf(send(LARGE));
  const arrived = server.begun.get("m1")!.parts;
  const missing = [1, 2, 3, 4, 5, 6].filter((number) => !arrived.has(number));
  expect(arrived.size).toBeGreaterThanOrEqual(2);
  expect(missing).toContain(5);
  server.obstacle = () => undefined;
  server.calls.length = 0;
  await send(LARGE, { begun: "m1" });
  expect(server.calls).not.toContain("permit");
  expect(puts()).toEqual(missing.map((number) => `put ${number}`));
  expect(await server.textOf("m1")).toBe(await LARGE.text());
  expect(progress.at(-1)).toBe(1);
});

it("another file in the place of the first is sent whole", async () => {
  server.obstacle = (call) => (call === "complete" ? new RequestFailed(409, "parts_missing", "") : undefined);
  await failureOf(send(LARGE));
  server.obstacle = () => undefined;
  server.calls.length = 0;
  const other = new File(["ONE.TWO.THREE.FOUR.LAST"], LARGE.name, { type: LARGE.type });
  await send(other, { begun: "m1" });
  expect(puts().length).toBe(6);
  expect(await server.textOf("m1")).toBe(await other.text());
});

it.each(["processing", "announced"])("an upload that has arrived meanwhile is not sent again (%s)", async (state) => {
  await failureOf(send(LARGE));
  server.begun.get("m1")!.state = state;
  server.calls.length = 0;
  await send(LARGE, { begun: "m1" });
  expect(server.calls).toEqual(["status"]);
});

it("an upload that was rejected meanwhile says why", async () => {
  await send(LARGE);
  Object.assign(server.begun.get("m1")!, { state: "rejected", reason: "It is damaged." });
  const failure = await failureOf(send(LARGE, { begun: "m1" }));
  expect(failure).toBeInstanceOf(FileRejected);
  expect((failure as Error).message).toBe("It is damaged.");
});

it("an upload that the stage has forgotten begins anew", async () => {
  await send(LARGE, { begun: "long-ago" });
  expect(permits.map(({ media }) => media)).toEqual(["m1"]);
  expect(server.begun.get("m1")?.state).toBe("processing");
});

it("what is refused for good is not tried again, nor what would wait for tomorrow", async () => {
  const refusals = [new RequestFailed(403, "not_a_member", ""), new RequestFailed(429, "too_many_requests", "", 3_600_000)];
  for (const refusal of refusals) {
    server.calls.length = 0;
    server.obstacle = () => refusal;
    expect(await failureOf(send(LARGE))).toBe(refusal);
    expect(server.calls).toEqual(["permit"]);
  }
});

it("cancelling ends what is under way and every wait", async () => {
  const abort = new AbortController();
  server.obstacle = (call) => {
    if (call !== "put 1") return undefined;
    setTimeout(() => {
      abort.abort();
    });
    return OFFLINE;
  };
  const failure = await failureOf(send(LARGE, { signal: abort.signal, random: () => 1 }));
  expect((failure as Error).name).toBe("AbortError");
  expect(server.calls).not.toContain("complete");
});

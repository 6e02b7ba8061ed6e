import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { eventText, FakeHttp, type FakeRequest } from "../testing/http.ts";
import { messageOf } from "../testing/messages.ts";
import { RequestFailed } from "./errors.ts";
import { ANSWER_TIMEOUT_MS, EventStream, MAX_UNANSWERED, type ReadEvents } from "./eventStream.ts";
import type { ServerEvent } from "./frames.ts";

let http: FakeHttp;
let stream: EventStream;
let events: ServerEvent[];
let failures: RequestFailed[];

function follow(read: ReadEvents = http.events): void {
  stream = new EventStream({
    place: "general:7:2",
    read,
    random: () => 1,
    onEvent: (event) => events.push(event),
    onFailed: (error) => failures.push(error),
  });
}

function posted(seq: number): string {
  return eventText(`general:${seq}:2`, { type: "message", message: messageOf(seq) });
}

function request(): FakeRequest<string> {
  return http.streams.at(-1)!;
}

function seqs(): unknown[] {
  return events.map((event) => (event.type === "message" ? event.message.seq : event.type));
}

async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

beforeEach(() => {
  vi.useFakeTimers();
  http = new FakeHttp();
  events = [];
  failures = [];
});

afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

describe("an answer", () => {
  it("hands on its events in order, whichever pieces it comes in", async () => {
    const message = messageOf(9, { text: "naïve\n\ndata: 🎉" });
    const text = `retry: 250\nid: general:7:2\n\n${posted(8)}${eventText("general:9:2", { type: "message", message })}`;
    for (let size = 1; size <= text.length; size += 7) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, "gu"))!;
      events = [];
      // eslint-disable-next-line @typescript-eslint/require-await
      follow(async function* () {
        yield* pieces;
      });
      await pass();
      stream.close();
      expect(seqs()).toEqual([8, 9]);
      expect(events[1]).toMatchObject({ message });
    }
  });

  it("may hold any event, and what can't be read or is of a newer server takes no other with it", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    follow();
    const changed = eventText("general:8:3", { type: "message_changed", message: messageOf(7, { rev: 3 }) });
    const strange = 'event: confetti\ndata: {"type":"confetti"}\n\nevent: message\ndata: {"type":"message"}\n\n: a comment\n\n';
    request().answer(strange + posted(8) + changed);
    await pass();
    expect(seqs()).toEqual([8, "message_changed"]);
  });

  it("is followed by a request for what comes behind it, when the server likes", async () => {
    follow();
    request().answer(`retry: 4000\nid: general:7:2\n\n${posted(8)}${posted(9)}`);
    await pass(3999);
    expect(http.streams).toHaveLength(1);
    await pass(1);
    expect(http.streams.map((it) => it.asked)).toEqual(["general:7:2", "general:9:2"]);
  });

  it("without events may still have a new position", async () => {
    follow();
    request().answer("id: general:7:5\n\n");
    await pass(250);
    expect(request().asked).toBe("general:7:5");
  });

  it("that breaks off in an event leaves that one to the next", async () => {
    follow(async function* (place, lastEventId, signal) {
      yield posted(8);
      yield posted(9).slice(0, -1);
      yield* http.events(place, lastEventId, signal);
    });
    await pass();
    request().fail(new RequestFailed(0, "network", "reset"));
    await pass(1000);
    expect(seqs()).toEqual([8, 8]);
    expect(http.streams.map((it) => it.asked)).toEqual(["general:7:2", "general:8:2"]);
  });
});

describe("a failure", () => {
  it("for now is retried less and less often, from the same position", async () => {
    follow();
    request().answer(posted(8));
    await pass(250);
    for (const pauseMs of [1000, 2000, 4000, 8000]) {
      request().fail(new RequestFailed(503, "unavailable", "no"));
      await pass(pauseMs - 1);
      const before = http.streams.length;
      await pass(1);
      expect(http.streams).toHaveLength(before + 1);
    }
    expect(request().asked).toBe("general:8:2");
    expect(failures).toEqual([]);
  });

  it("is not retried before the server's time", async () => {
    follow();
    request().fail(new RequestFailed(429, "slow_down", "no", 5000));
    await pass(5999);
    expect(http.streams).toHaveLength(1);
    await pass(1);
    expect(http.streams).toHaveLength(2);
  });

  it("for good is told once, and nothing more is asked", async () => {
    follow();
    request().fail(new RequestFailed(403, "banned", "no"));
    await pass(60_000);
    expect(failures).toMatchObject([{ status: 403, code: "banned" }]);
    expect(http.streams).toHaveLength(1);
  });

  it("to answer at all is told after some in a row", async () => {
    follow();
    for (let count = 1; count < MAX_UNANSWERED; count++) {
      request().fail(new RequestFailed(0, "network", "no"));
      await pass(30_000);
    }
    request().answer("");
    await pass(250);
    for (let count = 1; count <= MAX_UNANSWERED; count++) {
      expect(failures).toEqual([]);
      request().fail(new RequestFailed(0, "network", "no"));
      await pass(30_000);
    }
    expect(failures).toMatchObject([{ status: 0 }]);
  });

  it("to end within the time limit is one to answer", async () => {
    follow();
    const first = request();
    await pass(ANSWER_TIMEOUT_MS - 1);
    expect(first.isAborted).toBe(false);
    await pass(1);
    expect(first.isAborted).toBe(true);
    await pass(1000);
    expect(http.streams).toHaveLength(2);
  });
});

it("that is closed gives up its request, and says and asks nothing more", async () => {
  follow();
  request().answer(posted(8));
  stream.close();
  await pass(60_000);
  expect(events).toEqual([]);
  expect(http.streams).toHaveLength(1);
  follow();
  stream.close();
  expect(request().isAborted).toBe(true);
  await pass(60_000);
  expect([failures, http.streams.length]).toEqual([[], 2]);
});

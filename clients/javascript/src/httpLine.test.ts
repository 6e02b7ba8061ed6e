import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { eventText, FakeHttp } from "../testing/http.ts";
import { messageOf } from "../testing/messages.ts";
import { CommandRefused, ConnectionLost, ReplyTimeout, RequestFailed } from "./errors.ts";
import { MAX_UNANSWERED } from "./eventStream.ts";
import type { ServerEvent, Subscribed } from "./frames.ts";
import { HttpLine } from "./httpLine.ts";
import { type Ending, REPLY_TIMEOUT_MS } from "./line.ts";
import { ShapeError } from "./shape.ts";

const ROOM = {
  room: "general",
  title: "General",
  kind: "public",
  member: true,
  role: "member",
  last_seq: 7,
  read_seq: 7,
  unread: 0,
  latest: null,
  last_rev: 2,
} as const;
const SUBSCRIBED: Subscribed = {
  room: ROOM,
  last_seq: 7,
  recovered: true,
  messages: [],
  gap: null,
  last_rev: 2,
  changed: [],
  changes_gap: false,
  tail: null,
};

let http: FakeHttp;
let line: HttpLine;
let events: ServerEvent[];
let endings: Ending[];
let excluded: [string, string][];

async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function failureOf(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => null,
    (error: unknown) => error,
  );
}

async function subscribe(room = "general"): Promise<void> {
  const subscribed = line.request("subscribe", { room });
  http.acknowledge({ ...SUBSCRIBED, room: { ...ROOM, room } });
  await subscribed;
}

beforeEach(() => {
  vi.useFakeTimers();
  http = new FakeHttp();
  events = [];
  endings = [];
  excluded = [];
  const options = {
    onEvent: (event: ServerEvent) => events.push(event),
    onExcluded: (room: string, refusal: CommandRefused) => excluded.push([room, refusal.code]),
    onClosed: (how: Ending) => endings.push(how),
  };
  line = new HttpLine(http, options, () => 1);
});

afterEach(() => {
  line.close();
  vi.useRealTimers();
});

describe("a command", () => {
  it("is posted with its id, and has its reply in the answer", async () => {
    const sent = line.request("send", { room: "general", text: "Hello" }, { id: "7f1c" });
    expect(http.commands[0]?.asked).toEqual({ action: "send", id: "7f1c", room: "general", text: "Hello" });
    http.acknowledge({ room: "general", seq: 8, sent_at_ms: 2 });
    expect(await sent).toMatchObject({ room: "general", seq: 8, sent_at_ms: 2 });
  });

  it("that is refused rejects with the server's code and wait", async () => {
    const failure = failureOf(line.request("join", { room: "x" }));
    http.commands[0]?.answer('{"type":"error","id":"1","code":"slow_down","message":"no","temporary":true,"retry_after_ms":250}');
    expect(await failure).toMatchObject({ name: "CommandRefused", code: "slow_down", temporary: true, retryAfterMs: 250 });
  });

  it("that is answered with something else leaves the line as it is", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const answer of ["<html>", "[]", '{"type":"ack","id":"1","action":"ping","result":{}}']) {
      const failure = failureOf(line.request("ping", {}));
      http.commands.at(-1)?.answer(answer);
      expect(await failure).toBeInstanceOf(ShapeError);
    }
    expect(endings).toEqual([]);
  });

  it("that a busy stage does not look at is refused for now", async () => {
    const failure = failureOf(line.request("ping", {}));
    http.commands[0]?.fail(new RequestFailed(429, "too_many_requests", "no", 700));
    expect(await failure).toBeInstanceOf(CommandRefused);
    expect(await failure).toMatchObject({ code: "too_many_requests", temporary: true, retryAfterMs: 700 });
    expect(endings).toEqual([]);
  });

  it("that gets no reply while others do times out alone", async () => {
    const failure = failureOf(line.request("rooms", {}));
    const [rooms] = http.commands;
    await pass(1);
    const ping = line.request("ping", {});
    http.acknowledge({ now_ms: 7 });
    await ping;
    await pass(REPLY_TIMEOUT_MS);
    expect(await failure).toBeInstanceOf(ReplyTimeout);
    expect(rooms?.isAborted).toBe(true);
    expect(endings).toEqual([]);
  });

  it("that gets no reply like all others ends the line", async () => {
    const failure = failureOf(line.request("rooms", {}));
    await pass(REPLY_TIMEOUT_MS);
    expect(await failure).toBeInstanceOf(ReplyTimeout);
    expect(endings).toEqual(["lost"]);
  });

  it.each([
    [0, "lost"],
    [401, "refused"],
  ])("that fails with status %d ends the line as %s, and all that were on their way", async (status, how) => {
    const failures = [failureOf(line.request("ping", {})), failureOf(line.request("rooms", {}))];
    http.commands[0]?.fail(new RequestFailed(status, "x", "no"));
    for (const failure of failures) expect(await failure).toBeInstanceOf(ConnectionLost);
    expect(endings).toEqual([how]);
    await expect(line.request("ping", {})).rejects.toBeInstanceOf(ConnectionLost);
  });
});

describe("a subscription", () => {
  it("is a stream that begins where its reply ends", async () => {
    await subscribe();
    expect(http.streams.map((it) => it.asked)).toEqual(["general:7:2"]);
    http.streams[0]?.answer(eventText("general:8:2", { type: "message", message: messageOf(8) }));
    await pass();
    expect(events).toMatchObject([{ type: "message", message: { seq: 8 } }]);
  });

  it("that is made again begins anew", async () => {
    await subscribe();
    await subscribe();
    expect(http.streams.map((it) => it.isAborted)).toEqual([true, false]);
  });

  it("ends when it is to, before the server has said so", async () => {
    await subscribe();
    await subscribe("lunch");
    void failureOf(line.request("unsubscribe", { room: "general" }));
    expect(http.streams.map((it) => it.isAborted)).toEqual([true, false]);
  });

  it("that the server ends is told, and touches no other", async () => {
    await subscribe();
    await subscribe("lunch");
    http.streams[0]?.fail(new RequestFailed(403, "banned", "no"));
    await pass();
    expect(excluded).toEqual([["general", "banned"]]);
    expect([endings, http.streams[1]?.isAborted]).toEqual([[], false]);
  });

  it("that the session is over for ends the line as refused", async () => {
    await subscribe();
    http.streams[0]?.fail(new RequestFailed(401, "unauthorized", "no"));
    await pass();
    expect([endings, excluded]).toEqual([["refused"], []]);
  });

  it("that nothing answers ends the line as lost", async () => {
    await subscribe();
    for (let count = 0; count < MAX_UNANSWERED; count++) {
      http.streams.at(-1)?.fail(new RequestFailed(0, "network", "no"));
      await pass(30_000);
    }
    expect(endings).toEqual(["lost"]);
  });
});

describe("the line", () => {
  it("ends with all that is on it", async () => {
    await subscribe();
    const failure = failureOf(line.request("ping", {}));
    line.close();
    expect(await failure).toBeInstanceOf(ConnectionLost);
    expect([http.commands.at(-1)?.isAborted, http.streams[0]?.isAborted]).toEqual([true, true]);
    expect(endings).toEqual(["closed"]);
  });

  it("that is retired leaves what was asked its reply, and hears of its rooms until then", async () => {
    await subscribe();
    const sent = line.request("send", { room: "general", text: "x" });
    line.retire();
    expect(http.streams[0]?.isAborted).toBe(false);
    http.acknowledge({ room: "general", seq: 8, sent_at_ms: 2 });
    expect(await sent).toMatchObject({ seq: 8 });
    expect([http.streams[0]?.isAborted, endings]).toEqual([true, ["closed"]]);
  });
});

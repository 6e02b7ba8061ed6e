import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { greet } from "../testing/greeting.ts";
import { NO_HTTP } from "../testing/http.ts";
import { FakeSocket, READY } from "../testing/socket.ts";
import { DEFAULT_WINDOW, fullJitter } from "./backoff.ts";
import { Connection } from "./connection.ts";
import { CommandRefused, ConnectionLost, ReplyTimeout, RequestFailed } from "./errors.ts";
import type { Ready, ServerEvent, Synced } from "./frames.ts";
import { REPLY_TIMEOUT_MS } from "./line.ts";
import { ShapeError } from "./shape.ts";

const POSTED = {
  type: "message",
  message: { room: "general", seq: 1, kind: "text", from: null, text: "Hello", sent_at_ms: 1 },
};

let sockets: FakeSocket[];
let events: ServerEvent[];
let phases: string[];
let fetchTicket: () => Promise<{ ticket: string; url: string }>;
let connection: Connection;
let rotated: () => Promise<void>;
let synced: Synced[];
let elsewhere: number;

function socket(): FakeSocket {
  const last = sockets.at(-1);
  if (last === undefined) throw new Error("no socket was opened");
  return last;
}

async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function connect(ready: Partial<Ready> = {}): Promise<void> {
  connection.start();
  await pass();
  await greet(socket(), ready);
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  events = [];
  phases = [];
  synced = [];
  elsewhere = 0;
  rotated = () => Promise.resolve();
  let tickets = 0;
  fetchTicket = () => Promise.resolve({ ticket: `t${++tickets}`, url: "ws://chat.test/local" });
  connection = new Connection({
    fetchTicket: () => fetchTicket(),
    http: NO_HTTP,
    openSocket: (url) => {
      const opened = new FakeSocket(url);
      sockets.push(opened);
      return opened;
    },
    onElsewhere: () => {
      elsewhere++;
    },
    random: () => 1,
    onStatus: ({ phase }) => phases.push(phase),
    onEvent: (event) => events.push(event),
    onExcluded: () => undefined,
    onRotated: () => rotated(),
    positions: () => ({ rooms: { general: 117 }, revs: { general: 12 } }),
    onSynced: (newer) => synced.push(newer),
  });
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

it("a stage that is at home elsewhere is asked at another address with the next attempt", async () => {
  connection.start();
  await pass();
  socket().open();
  await pass();
  socket().refuse(socket().sent[0], "elsewhere", true);
  await pass();
  expect([elsewhere, phases.at(-1)]).toEqual([1, "waiting"]);
  await pass(DEFAULT_WINDOW.firstMs);
  await greet(socket());
  expect([elsewhere, phases.at(-1), sockets.length]).toEqual([1, "online", 2]);
});

describe("replies", () => {
  it("reach the command whose id they carry, in whichever order they come", async () => {
    await connect();
    const ping = connection.request("ping", {});
    const rooms = connection.request("rooms", {});
    await pass();
    const [first, second] = socket().sent;
    socket().acknowledge(second, { rooms: [] });
    socket().acknowledge(first, { now_ms: 7 });
    expect(await ping).toEqual({ now_ms: 7 });
    expect(await rooms).toEqual({ rooms: [], after: null });
  });

  it("that refuse reject with the server's code and wait", async () => {
    await connect();
    const join = connection.request("join", { room: "x" });
    await pass();
    socket().refuse(socket().sent[0], "too_many_requests", true, 250);
    const error = await join.catch((it: unknown) => it);
    expect(error).toBeInstanceOf(CommandRefused);
    expect(error).toMatchObject({ code: "too_many_requests", temporary: true, retryAfterMs: 250 });
  });

  it("of the wrong shape reject their command and nothing else", async () => {
    await connect();
    const ping = connection.request("ping", {});
    await pass();
    socket().acknowledge(socket().sent[0], {});
    await expect(ping).rejects.toBeInstanceOf(ShapeError);
    expect(connection.online).toBe(true);
  });

  it("that do not come time out", async () => {
    await connect();
    const ping = connection.request("ping", {}).catch((it: unknown) => it);
    await vi.advanceTimersByTimeAsync(REPLY_TIMEOUT_MS - 1);
    socket().receive(POSTED);
    await vi.advanceTimersByTimeAsync(1);
    expect(await ping).toBeInstanceOf(ReplyTimeout);
    expect(connection.online).toBe(true);
  });

  it("that come after their time limit are passed over", async () => {
    await connect();
    const ping = connection.request("ping", {}).catch((it: unknown) => it);
    socket().receive(POSTED);
    await vi.advanceTimersByTimeAsync(REPLY_TIMEOUT_MS);
    await ping;
    socket().acknowledge(socket().sent[0], { now_ms: 1 });
    expect(events).toHaveLength(1);
  });

  it("from API Gateway itself fail the only command on its way as temporary", async () => {
    await connect();
    const rooms = connection.request("rooms", {});
    await pass();
    socket().receive({ message: "Internal server error", connectionId: "c", requestId: "r" });
    await expect(rooms).rejects.toMatchObject({ code: "unavailable", temporary: true });
  });

  it("from API Gateway itself leave other commands to their own replies while a message may be meant", async () => {
    await connect();
    const rooms = connection.request("rooms", {});
    const send = connection.request("send", { room: "general", text: "x" });
    socket().receive({ message: "Internal server error" });
    await expect(send).rejects.toMatchObject({ temporary: true });
    socket().acknowledge(socket().sent.find((it) => it.action === "rooms"), { rooms: [] });
    expect(await rooms).toEqual({ rooms: [], after: null });
  });
});

describe("a cut", () => {
  it("rejects what was on its way and comes back with a fresh ticket", async () => {
    await connect();
    const ping = connection.request("ping", {}).catch((it: unknown) => it);
    socket().cut();
    expect(await ping).toBeInstanceOf(ConnectionLost);
    expect(connection.status.phase).toBe("waiting");
    await pass(500);
    await greet(socket());
    expect(sockets.map((it) => it.url)).toEqual(["ws://chat.test/local?ticket=t1", "ws://chat.test/local?ticket=t2"]);
    expect(phases).toEqual(["connecting", "online", "waiting", "connecting", "online"]);
  });

  it("refuses commands at once until the line is back", async () => {
    await connect();
    socket().cut();
    await expect(connection.request("ping", {})).rejects.toBeInstanceOf(ConnectionLost);
  });

  it("is noticed when nothing at all answers a command", async () => {
    await connect();
    const ping = connection.request("ping", {}).catch((it: unknown) => it);
    await vi.advanceTimersByTimeAsync(REPLY_TIMEOUT_MS);
    await ping;
    expect(connection.online).toBe(false);
    expect(socket().isClosed).toBe(true);
  });

  it("makes an earlier socket's late frames meaningless", async () => {
    await connect();
    const old = socket();
    old.cut();
    await pass(500);
    await greet(socket());
    old.receive(POSTED);
    old.cut();
    expect(events).toEqual([]);
    expect(connection.online).toBe(true);
  });

  it("keeps the moment since which the line is down over all attempts", async () => {
    await connect();
    fetchTicket = () => Promise.reject(new RequestFailed(503, "unavailable", "no"));
    const cutAtMs = Date.now();
    socket().cut();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(connection.status.offlineSinceMs).toBe(cutAtMs);
  });

  it("is retried less and less often, and at once when asked", async () => {
    await connect();
    let attempts = 0;
    fetchTicket = () => {
      attempts++;
      return Promise.reject(new RequestFailed(0, "network", "no"));
    };
    socket().cut();
    await vi.advanceTimersByTimeAsync(500 + 1000 + 2000 + 4000 + 8000 + 16_000);
    expect(attempts).toBe(6);
    await vi.advanceTimersByTimeAsync(DEFAULT_WINDOW.mostMs - 1);
    expect(attempts).toBe(6);
    connection.nudge();
    expect(attempts).toBe(7);
  });

  it("ends for good when the session is refused", async () => {
    fetchTicket = () => Promise.reject(new RequestFailed(401, "unauthorized", "no"));
    connection.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connection.status.phase).toBe("refused");
    expect(sockets).toEqual([]);
  });
});

it("gives up a socket that never opens", async () => {
  connection.start();
  await vi.advanceTimersByTimeAsync(0);
  const first = socket();
  await vi.advanceTimersByTimeAsync(10_000 + 500);
  expect(first.isClosed).toBe(true);
  expect(sockets).toHaveLength(2);
});

describe("the session", () => {
  it("is usable when hello is answered, not before", async () => {
    connection.start();
    await pass();
    socket().open();
    await pass();
    expect(socket().sent.map((it) => it.action)).toEqual(["hello"]);
    expect(connection.online).toBe(false);
    await expect(connection.request("ping", {})).rejects.toBeInstanceOf(ConnectionLost);
    socket().acknowledge(socket().sent[0], READY);
    await pass();
    expect(connection.online).toBe(true);
  });

  it("is tried again when hello is refused for now", async () => {
    connection.start();
    await pass();
    socket().open();
    await pass();
    socket().refuse(socket().sent[0], "unavailable", true);
    await pass(500);
    expect(sockets.map((it) => it.isClosed)).toEqual([true, false]);
  });

  it("comes back inside the window that the server set", async () => {
    await connect({ reconnect: { first_ms: 4000, most_ms: 60_000 } });
    socket().cut();
    await pass(3999);
    expect(sockets).toHaveLength(1);
    await pass(1);
    expect(sockets).toHaveLength(2);
  });

  it("is kept up by a sync with the newest numbers, as often as the server said", async () => {
    await connect({ heartbeat_s: 30 });
    await pass(29_999);
    expect(socket().sent).toEqual([]);
    await pass(1);
    expect(socket().sent).toMatchObject([{ action: "sync", rooms: { general: 117 }, revs: { general: 12 } }]);
    socket().acknowledge(socket().sent[0], { rooms: { general: 120 }, now_ms: 1, revs: { general: 13 } });
    await pass();
    expect(synced).toEqual([{ rooms: { general: 120 }, now_ms: 1, revs: { general: 13 }, tails: {}, outside: [] }]);
  });

  it("asks again soon when a sync is refused for a while", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await connect({ heartbeat_s: 240 });
    await pass(240_000);
    socket().refuse(socket().sent[0], "unavailable", true);
    await pass(1_000);
    expect(socket().sent.map((it) => it.action)).toEqual(["sync", "sync"]);
    socket().acknowledge(socket().sent[1], { rooms: {}, now_ms: 1 });
    await pass(239_999);
    expect(socket().sent).toHaveLength(2);
    await pass(1);
    expect(socket().sent).toHaveLength(3);
  });
});

describe("frames", () => {
  it("take what is asked for at the same moment together, and their replies as a list", async () => {
    await connect();
    const both = Promise.all([connection.request("ping", {}), connection.request("rooms", {})]);
    await pass();
    expect(socket().frameSizes).toEqual([2]);
    const [ping, rooms] = socket().sent;
    socket().receive([
      { type: "ack", id: ping?.id, action: "ping", result: { now_ms: 7 } },
      { type: "ack", id: rooms?.id, action: "rooms", result: { rooms: [] } },
    ]);
    expect(await both).toEqual([{ now_ms: 7 }, { rooms: [], after: null }]);
  });

  it("take a message alone, so that nothing delays its number", async () => {
    await connect();
    const requests = [
      connection.request("ping", {}),
      connection.request("send", { room: "general", text: "x" }),
      connection.request("rooms", {}),
    ];
    for (const request of requests) request.catch(() => undefined);
    await pass();
    expect(socket().frameSizes).toEqual([1, 1, 1]);
    expect(socket().sent.map((it) => it.action)).toEqual(["ping", "send", "rooms"]);
  });

  it("never have more commands than the server takes", async () => {
    await connect();
    for (let index = 0; index < 45; index++) connection.request("ping", {}).catch(() => undefined);
    await pass();
    expect(socket().frameSizes).toEqual([20, 20, 5]);
  });

  it("of which one in a list cannot be read leave the others their meaning", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await connect();
    socket().receive([{ type: "message" }, POSTED, { type: "typing" }]);
    expect(events.map((event) => event.type)).toEqual(["message"]);
  });
});

describe("rotation", () => {
  it("moves to a new line before it ends the old one", async () => {
    await connect({ rotate_after_s: 60 });
    const old = socket();
    let subscribed: () => void = () => undefined;
    rotated = () => new Promise((resolve) => (subscribed = resolve));
    await pass(60_000);
    expect(sockets).toHaveLength(2);
    expect(old.isClosed).toBe(false);
    await greet(socket());
    old.receive(POSTED);
    expect(events).toHaveLength(1);
    connection.request("ping", {}).catch(() => undefined);
    await pass();
    expect(socket().sent.map((it) => it.action)).toEqual(["ping"]);
    subscribed();
    await pass();
    expect(old.isClosed).toBe(true);
    expect(phases).toEqual(["connecting", "online"]);
  });

  it("leaves what was asked on the old line its reply", async () => {
    await connect({ rotate_after_s: 60 });
    const old = socket();
    await pass(59_000);
    const send = connection.request("send", { room: "general", text: "x" });
    await pass(1000);
    await greet(socket());
    expect(old.isClosed).toBe(false);
    old.acknowledge(old.sent[0], { room: "general", seq: 1, sent_at_ms: 2 });
    expect(await send).toMatchObject({ seq: 1 });
    expect(old.isClosed).toBe(true);
  });

  it("is tried again while the old line serves on", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await connect({ rotate_after_s: 60 });
    const tickets = fetchTicket;
    fetchTicket = () => Promise.reject(new RequestFailed(503, "unavailable", "no"));
    await pass(60_000);
    expect(connection.online).toBe(true);
    fetchTicket = tickets;
    await pass(1000);
    await greet(socket());
    expect(sockets.map((it) => it.isClosed)).toEqual([true, false]);
    expect(phases).toEqual(["connecting", "online"]);
  });

  it("gives way to a cut of the old line", async () => {
    await connect({ rotate_after_s: 60 });
    await pass(60_000);
    sockets[0]?.cut();
    expect(sockets.map((it) => it.isClosed)).toEqual([true, true]);
    await pass(500);
    await greet(socket());
    expect(connection.online).toBe(true);
    expect(sockets).toHaveLength(3);
  });

  it("is followed by a cut of the new line like any other", async () => {
    await connect({ rotate_after_s: 60 });
    await pass(60_000);
    await greet(socket());
    socket().cut();
    expect(connection.status.phase).toBe("waiting");
    await pass(500);
    await greet(socket());
    expect(connection.online).toBe(true);
  });

  it("ends with everything else", async () => {
    await connect({ rotate_after_s: 60 });
    await pass(60_000);
    connection.stop();
    await pass(600_000);
    expect(sockets.map((it) => it.isClosed)).toEqual([true, true]);
  });
});

it("passes events on and survives frames that it can't read", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await connect();
  socket().receive("{");
  socket().receive(POSTED);
  expect(events.map((event) => event.type)).toEqual(["message"]);
});

it("opens nothing after it was stopped while a ticket was on its way", async () => {
  connection.start();
  connection.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets).toEqual([]);
});

it("spreads attempts over the whole window", () => {
  expect(fullJitter(0, () => 0.5)).toBe(250);
  expect(fullJitter(3, () => 1)).toBe(4000);
  expect(fullJitter(50, () => 1)).toBe(DEFAULT_WINDOW.mostMs);
  expect(fullJitter(50, () => 0)).toBe(0);
});

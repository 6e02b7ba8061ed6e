import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakeSocket } from "../testing/socket";
import { fullJitter, LAST_CEILING_MS } from "./backoff";
import { Connection, PING_INTERVAL_MS, REPLY_TIMEOUT_MS } from "./connection";
import { CommandRefused, ConnectionLost, ReplyTimeout, RequestFailed } from "./errors";
import type { ServerEvent } from "./frames";
import { ShapeError } from "./shape";

const POSTED = {
  type: "message",
  message: { room: "general", seq: 1, kind: "text", from: null, text: "Hello", sent_at_ms: 1 },
};

let sockets: FakeSocket[];
let events: ServerEvent[];
let phases: string[];
let fetchTicket: () => Promise<{ ticket: string; url: string }>;
let connection: Connection;

function socket(): FakeSocket {
  const last = sockets.at(-1);
  if (last === undefined) throw new Error("no socket was opened");
  return last;
}

async function connect(): Promise<void> {
  connection.start();
  await vi.advanceTimersByTimeAsync(0);
  socket().open();
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  events = [];
  phases = [];
  let tickets = 0;
  fetchTicket = () => Promise.resolve({ ticket: `t${++tickets}`, url: "ws://chat.test/local" });
  connection = new Connection({
    fetchTicket: () => fetchTicket(),
    openSocket: (url) => {
      const opened = new FakeSocket(url);
      sockets.push(opened);
      return opened;
    },
    random: () => 1,
    onStatus: ({ phase }) => phases.push(phase),
    onEvent: (event) => events.push(event),
  });
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

describe("replies", () => {
  it("reach the command whose id they carry, in whichever order they come", async () => {
    await connect();
    const ping = connection.request("ping", {});
    const rooms = connection.request("rooms", {});
    const [first, second] = socket().sent;
    socket().acknowledge(second, { rooms: [] });
    socket().acknowledge(first, { now_ms: 7 });
    expect(await ping).toEqual({ now_ms: 7 });
    expect(await rooms).toEqual({ rooms: [] });
  });

  it("that refuse reject with the server's code and wait", async () => {
    await connect();
    const join = connection.request("join", { room: "x" });
    socket().refuse(socket().sent[0], "too_many_requests", true, 250);
    const error = await join.catch((it: unknown) => it);
    expect(error).toBeInstanceOf(CommandRefused);
    expect(error).toMatchObject({ code: "too_many_requests", temporary: true, retryAfterMs: 250 });
  });

  it("of the wrong shape reject their command and nothing else", async () => {
    await connect();
    const ping = connection.request("ping", {});
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
    socket().receive({ message: "Internal server error", connectionId: "c", requestId: "r" });
    await expect(rooms).rejects.toMatchObject({ code: "unavailable", temporary: true });
  });

  it("from API Gateway itself leave other commands to their own replies while a message may be meant", async () => {
    await connect();
    const rooms = connection.request("rooms", {});
    const send = connection.request("send", { room: "general", text: "x" });
    socket().receive({ message: "Internal server error" });
    await expect(send).rejects.toMatchObject({ temporary: true });
    socket().acknowledge(socket().sent[0], { rooms: [] });
    expect(await rooms).toEqual({ rooms: [] });
  });
});

describe("a cut", () => {
  it("rejects what was on its way and comes back with a fresh ticket", async () => {
    await connect();
    const ping = connection.request("ping", {}).catch((it: unknown) => it);
    socket().cut();
    expect(await ping).toBeInstanceOf(ConnectionLost);
    expect(connection.status.phase).toBe("waiting");
    await vi.advanceTimersByTimeAsync(500);
    socket().open();
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
    await vi.advanceTimersByTimeAsync(500);
    socket().open();
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
    await vi.advanceTimersByTimeAsync(LAST_CEILING_MS - 1);
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

it("pings before the line idles out", async () => {
  await connect();
  await vi.advanceTimersByTimeAsync(PING_INTERVAL_MS);
  expect(socket().sent.map((command) => command.action)).toEqual(["ping"]);
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
  expect(fullJitter(50, () => 1)).toBe(LAST_CEILING_MS);
  expect(fullJitter(50, () => 0)).toBe(0);
});

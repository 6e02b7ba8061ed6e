/** One connection over two ways: from sockets to requests and back. What goes over either is proved elsewhere. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { greet } from "../testing/greeting.ts";
import { FakeHttp } from "../testing/http.ts";
import { FakeSocket, READY } from "../testing/socket.ts";
import { Connection, type ConnectionStatus, PROBE_WINDOW, SOCKET_ATTEMPTS } from "./connection.ts";
import { RequestFailed } from "./errors.ts";

let sockets: FakeSocket[];
let http: FakeHttp;
let statuses: string[];
let isBlocked: boolean;
let fetchTicket: () => Promise<{ ticket: string; url: string }>;
let rotated: () => Promise<void>;
let connection: Connection;

function socket(): FakeSocket {
  return sockets.at(-1)!;
}

function openSocket(url: string): FakeSocket {
  const opened = new FakeSocket(url);
  sockets.push(opened);
  if (isBlocked) {
    queueMicrotask(() => {
      opened.cut();
    });
  }
  return opened;
}

async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Until requests have taken the place of sockets. */
async function fallBack(): Promise<void> {
  isBlocked = true;
  connection.start();
  await pass(500 + 1000);
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  statuses = [];
  isBlocked = false;
  http = new FakeHttp();
  fetchTicket = () => Promise.resolve({ ticket: "t", url: "ws://chat.test" });
  rotated = () => Promise.resolve();
  connection = new Connection({
    fetchTicket: () => fetchTicket(),
    http,
    openSocket,
    onElsewhere: () => undefined,
    random: () => 1,
    onStatus: ({ phase, way }: ConnectionStatus) => statuses.push(`${phase} ${way}`),
    onEvent: () => undefined,
    onExcluded: () => undefined,
    onRotated: () => rotated(),
    positions: () => ({ rooms: {}, revs: {} }),
    onSynced: () => undefined,
  });
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

describe("requests take the place of sockets", () => {
  it("when some in a row never got ready", async () => {
    await fallBack();
    expect(sockets).toHaveLength(SOCKET_ATTEMPTS);
    expect(statuses.at(-1)).toBe("online http");
    const ping = connection.request("ping", {});
    http.acknowledge({ now_ms: 7 });
    expect(await ping).toEqual({ now_ms: 7 });
  });

  it("when sockets open and nothing passes through them", async () => {
    connection.start();
    for (let attempt = 0; attempt < SOCKET_ATTEMPTS; attempt++) {
      await pass(1000);
      socket().open();
      await pass(15_000);
    }
    await pass(1000);
    expect(statuses.at(-1)).toBe("online http");
  });

  it("not when no ticket is to be had, because then HTTP fares no better", async () => {
    fetchTicket = () => Promise.reject(new RequestFailed(0, "network", "no"));
    connection.start();
    await pass(120_000);
    expect([http.hellos, connection.status.way]).toEqual([0, "socket"]);
  });

  it("not when the server answers over the socket that it has no time", async () => {
    connection.start();
    for (let attempt = 0; attempt < SOCKET_ATTEMPTS + 2; attempt++) {
      await pass(attempt === 0 ? 0 : 500 * 2 ** (attempt - 1));
      socket().open();
      await pass();
      socket().refuse(socket().sent[0], "unavailable", true);
      await pass();
    }
    expect([sockets.length, http.hellos]).toEqual([SOCKET_ATTEMPTS + 2, 0]);
  });

  it("not for good: where they are refused, sockets are tried again", async () => {
    http.helloFails = new RequestFailed(404, "not_found", "no");
    await fallBack();
    expect(http.hellos).toBe(1);
    isBlocked = false;
    await pass(2000);
    await greet(socket());
    expect(statuses.at(-1)).toBe("online socket");
  });

  it("after a cut as well", async () => {
    connection.start();
    await pass();
    await greet(socket());
    isBlocked = true;
    socket().cut();
    await pass(500 + 1000 + 2000);
    expect(statuses.at(-1)).toBe("online http");
  });

  it("and take it again after a cut of their own", async () => {
    await fallBack();
    const attempts = sockets.length;
    const ping = connection.request("ping", {}).catch(() => undefined);
    http.commands[0]?.fail(new RequestFailed(0, "network", "no"));
    await ping;
    expect(statuses.at(-1)).toBe("waiting http");
    await pass(500);
    expect([statuses.at(-1), sockets.length]).toEqual(["online http", attempts]);
  });
});

describe("a socket is tried again", () => {
  it("less and less often, while requests serve", async () => {
    http.ready = { ...READY, heartbeat_s: 3600 };
    await fallBack();
    let attempts = sockets.length;
    for (const pauseMs of [5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000]) {
      await pass(pauseMs - 1);
      expect(sockets).toHaveLength(attempts);
      await pass(1);
      expect(sockets).toHaveLength(++attempts);
    }
    expect(connection.online).toBe(true);
    expect(statuses.filter((it) => it === "online http")).toHaveLength(1);
  });

  it("and takes over before requests end, which leaves those on their way their reply", async () => {
    await fallBack();
    isBlocked = false;
    const send = connection.request("send", { room: "general", text: "x" });
    let subscribed: () => void = () => undefined;
    rotated = () => new Promise((resolve) => (subscribed = resolve));
    await pass(PROBE_WINDOW.firstMs);
    await greet(socket());
    expect(statuses.at(-1)).toBe("online socket");
    connection.request("ping", {}).catch(() => undefined);
    await pass();
    expect(socket().sent.map((it) => it.action)).toEqual(["ping"]);
    subscribed();
    await pass();
    expect(http.commands[0]?.isAborted).toBe(false);
    http.acknowledge({ room: "general", seq: 1, sent_at_ms: 2 });
    expect(await send).toMatchObject({ seq: 1 });
    expect(statuses.filter((it) => it.startsWith("waiting")).slice(SOCKET_ATTEMPTS)).toEqual([]);
  });

  it("and once it was ready, the next failure counts as the first", async () => {
    await fallBack();
    isBlocked = false;
    await pass(PROBE_WINDOW.firstMs);
    await greet(socket());
    isBlocked = true;
    const { hellos } = http;
    socket().cut();
    await pass(500);
    expect([http.hellos, statuses.at(-1)]).toEqual([hellos, "waiting socket"]);
  });

  it("no more when the connection was stopped", async () => {
    await fallBack();
    const attempts = sockets.length;
    connection.stop();
    await pass(600_000);
    expect(sockets).toHaveLength(attempts);
  });
});

describe("a session that is over", () => {
  it("ends the connection, said to a command", async () => {
    await fallBack();
    const ping = connection.request("ping", {}).catch(() => undefined);
    http.commands[0]?.fail(new RequestFailed(401, "unauthorized", "no"));
    await ping;
    expect(statuses.at(-1)).toBe("refused http");
    await pass(600_000);
    expect(statuses.at(-1)).toBe("refused http");
  });

  it("ends the connection, said to hello", async () => {
    http.helloFails = new RequestFailed(401, "unauthorized", "no");
    await fallBack();
    expect(connection.status.phase).toBe("refused");
  });

  it("ends the connection, said to the ticket of the next socket", async () => {
    await fallBack();
    fetchTicket = () => Promise.reject(new RequestFailed(401, "unauthorized", "no"));
    await pass(PROBE_WINDOW.firstMs);
    expect(connection.status.phase).toBe("refused");
  });
});

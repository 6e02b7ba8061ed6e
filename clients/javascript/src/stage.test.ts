/** What takes a socket's place, as far as it is HTTP. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { RequestFailed } from "./errors.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();
const { post, events } = stage.endpointsOf({ token: "secret" });
const { signal } = new AbortController();

let asked: { path: string; init: RequestInit }[];
let answer: () => Promise<Response>;

function streamOf(parts: readonly Uint8Array<ArrayBuffer>[], type = "text/event-stream; charset=utf-8"): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": type } });
}

async function read(place: string, lastEventId: string | null = null): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of events(place, lastEventId, signal)) parts.push(part);
  return parts;
}

async function failureOf(request: Promise<unknown>): Promise<RequestFailed> {
  return request.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error as RequestFailed,
  );
}

function headersOf(index: number): Headers {
  return new Headers(asked[index]?.init.headers);
}

beforeEach(() => {
  asked = [];
  answer = () => Promise.resolve(new Response("{}"));
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    asked.push({ path, init });
    return answer();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

it("a command is posted as the frame that it is, with the session's token", async () => {
  answer = () => Promise.resolve(new Response('{"type":"ack"}'));
  expect(await post('{"action":"ping","id":"1"}', signal)).toBe('{"type":"ack"}');
  expect(asked[0]).toMatchObject({ path: "/api/commands", init: { method: "POST", body: '{"action":"ping","id":"1"}', signal } });
  expect(headersOf(0).get("Authorization")).toBe("Bearer secret");
});

describe("another address that the stage has told of", () => {
  const elsewhere = "https://api.example";
  const config = { stage: "test", sign_in: "built-in", addresses: [elsewhere] };

  beforeEach(async () => {
    answer = () => Promise.resolve(new Response(JSON.stringify(config)));
    await stage.readConfig();
    stage.addresses.goOn();
    asked = [];
    answer = () => Promise.resolve(streamOf([]));
  });

  afterEach(() => {
    stage.addresses.learn([]);
  });

  it("is asked for everything but for what images load with", async () => {
    await read("general:7:2");
    answer = () => Promise.resolve(new Response('{"ticket":"t","url":"wss://sockets.example"}'));
    await stage.createTicket("secret");
    await post("{}", signal);
    await stage.createMediaAccess("secret", "general");
    answer = () => Promise.resolve(new Response(null, { status: 304 }));
    await stage.tails.live("/api/tails/1", '"tag"', signal);
    expect(asked.map(({ path }) => path)).toEqual([
      `${elsewhere}/api/events?rooms=general%3A7%3A2`,
      `${elsewhere}/api/tickets`,
      `${elsewhere}/api/commands`,
      "/api/rooms/general/media-access",
      `${elsewhere}/api/tails/1/live`,
    ]);
  });
});

describe("events", () => {
  it("are asked for behind a place, then behind the last event's id", async () => {
    answer = () => Promise.resolve(streamOf([]));
    await read("general:7:2");
    await read("general:7:2", "general:9:4");
    expect(asked.map(({ path }) => path)).toEqual(Array(2).fill("/api/events?rooms=general%3A7%3A2"));
    expect([0, 1].map((index) => headersOf(index).get("Last-Event-ID"))).toEqual([null, "general:9:4"]);
    expect(headersOf(1).get("Authorization")).toBe("Bearer secret");
  });

  it("come as text, whole characters whatever was cut on the way", async () => {
    const bytes = new TextEncoder().encode("data: 🎉 naïve\n\n");
    answer = () => Promise.resolve(streamOf([...bytes].map((byte) => Uint8Array.of(byte))));
    expect((await read("general")).join("")).toBe("data: 🎉 naïve\n\n");
  });

  it("are not taken from whoever else stands between here and the server", async () => {
    answer = () => Promise.resolve(streamOf([], "text/html"));
    expect(await failureOf(read("general"))).toMatchObject({ status: 0, temporary: true });
  });

  it("that break off are a failure without a status", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new TypeError("reset"));
      },
    });
    answer = () => Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
    expect(await failureOf(read("general"))).toMatchObject({ status: 0, code: "network" });
  });
});

describe("a failure", () => {
  it("has the server's code, words and wait", async () => {
    const error = { code: "not_a_member", message: "You are not a member of lunch.", temporary: false, retry_after_ms: null };
    answer = () => Promise.resolve(new Response(JSON.stringify(error), { status: 403 }));
    expect(await failureOf(read("lunch"))).toMatchObject({ status: 403, code: "not_a_member", message: error.message, temporary: false });
    answer = () => Promise.resolve(new Response(JSON.stringify({ ...error, retry_after_ms: 700 }), { status: 503 }));
    expect(await failureOf(post("{}", signal))).toMatchObject({ temporary: true, retryAfterMs: 700 });
  });

  it.each([
    [429, "too_many_requests", true],
    [502, "unavailable", true],
    [407, "unexpected_answer", false],
  ])("of status %d that the server did not word has the code %s", async (status, code, temporary) => {
    answer = () => Promise.resolve(new Response('{"message":"x"}', { status }));
    expect(await failureOf(post("{}", signal))).toMatchObject({ status, code, temporary, retryAfterMs: null });
  });

  it("has no status where no answer came", async () => {
    answer = () => Promise.reject(new TypeError("fetch failed"));
    expect(await failureOf(post("{}", signal))).toMatchObject({ status: 0, code: "network" });
  });
});

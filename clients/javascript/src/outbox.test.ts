import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { greet } from "../testing/greeting.ts";
import { NO_HTTP } from "../testing/http.ts";
import { FakeSocket, type SentCommand } from "../testing/socket.ts";
import { Connection } from "./connection.ts";
import { MAX_ATTEMPTS, MAX_KEPT, Outbox } from "./outbox.ts";
import { MemoryOutboxStore, type OutboxStore } from "./outboxStore.ts";

let sockets: FakeSocket[];
let connection: Connection;
let outbox: Outbox;
let numbered: string[];
let openStore: () => Promise<OutboxStore>;
let forgetful: number;
let leads: boolean;
let joining: string | null;

function createOutbox(): Outbox {
  return new Outbox({
    connection,
    onChange: () => undefined,
    onSent: (message, sent) => numbered.push(`${message.text}=${sent.seq}`),
    openStore: () => openStore(),
    onForgetful: () => forgetful++,
    leads: () => leads,
    isJoining: (room) => room === joining,
    random: () => 0,
  });
}

function socket(): FakeSocket {
  return sockets.at(-1)!;
}

function sends(of: FakeSocket = socket()): SentCommand[] {
  return of.sent.filter((command) => command.action === "send");
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

async function accept(command: SentCommand | undefined, seq: number): Promise<void> {
  socket().acknowledge(command, { room: command?.["room"], seq, sent_at_ms: seq });
  await settle();
}

async function connect(): Promise<void> {
  await vi.advanceTimersByTimeAsync(500);
  await greet(socket());
}

beforeEach(async () => {
  vi.useFakeTimers();
  sockets = [];
  numbered = [];
  const store = new MemoryOutboxStore();
  openStore = () => Promise.resolve(store);
  forgetful = 0;
  leads = true;
  joining = null;
  connection = new Connection({
    fetchTicket: () => Promise.resolve({ ticket: "t", url: "ws://chat.test" }),
    http: NO_HTTP,
    openSocket: (url) => {
      const opened = new FakeSocket(url);
      sockets.push(opened);
      return opened;
    },
    onElsewhere: () => undefined,
    random: () => 0,
    onStatus: ({ phase }) => {
      if (phase === "online") outbox.resume();
    },
    onEvent: () => undefined,
    onExcluded: () => undefined,
    onRotated: () => Promise.resolve(),
    positions: () => ({ rooms: {}, revs: {} }),
    onSynced: () => undefined,
  });
  outbox = createOutbox();
  outbox.start();
  connection.start();
  await connect();
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

describe("order", () => {
  it("is kept by sending a room's next message when the one before has its number", async () => {
    outbox.add("general", "one");
    outbox.add("general", "two");
    await settle();
    expect(sends().map((it) => it["text"])).toEqual(["one"]);
    await accept(sends()[0], 1);
    expect(sends().map((it) => it["text"])).toEqual(["one", "two"]);
  });

  it("of one room does not hold up another", async () => {
    outbox.add("general", "one");
    outbox.add("lunch", "two");
    await settle();
    expect(sends().map((it) => it["room"])).toEqual(["general", "lunch"]);
  });

  it("and ids are the same after a reconnect, with nothing sent that has its number", async () => {
    for (const text of ["one", "two", "three"]) outbox.add("general", text);
    await settle();
    await accept(sends()[0], 1);
    const lost = sends()[1];
    socket().cut();
    await connect();
    expect(sends()).toEqual([lost]);
    await accept(sends()[0], 2);
    await accept(sends()[1], 3);
    expect(numbered).toEqual(["one=1", "two=2", "three=3"]);
    expect(outbox.all).toEqual([]);
  });
});

describe("a message", () => {
  it("written without a line waits for it", async () => {
    socket().cut();
    outbox.add("general", "one");
    expect(outbox.all).toMatchObject([{ text: "one", failure: null }]);
    await connect();
    expect(sends().map((it) => it["text"])).toEqual(["one"]);
  });

  it("to a room that is being joined waits for that, and one to another room does not", async () => {
    joining = "general";
    outbox.add("general", "one");
    outbox.add("lunch", "two");
    await settle();
    expect(sends().map((it) => it["text"])).toEqual(["two"]);
    joining = null;
    outbox.resume();
    await settle();
    expect(sends().map((it) => it["text"])).toEqual(["two", "one"]);
  });

  it("refused for now goes again with its id, not before the server's time", async () => {
    outbox.add("general", "one");
    await settle();
    socket().refuse(sends()[0], "too_many_requests", true, 800);
    await vi.advanceTimersByTimeAsync(799);
    expect(sends()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sends()[1]).toEqual(sends()[0]);
  });

  it("refused for good fails and lets the next one pass", async () => {
    outbox.add("general", "one");
    outbox.add("general", "two");
    await settle();
    socket().refuse(sends()[0], "not_a_member");
    await settle();
    expect(outbox.all[0]).toMatchObject({ text: "one", failure: { code: "not_a_member" } });
    expect(sends().map((it) => it["text"])).toEqual(["one", "two"]);
  });

  it("refused for longer than anybody watches fails at once", async () => {
    outbox.add("general", "one");
    await settle();
    socket().refuse(sends()[0], "muted", true, 30 * 86_400_000);
    await settle();
    expect(outbox.all).toMatchObject([{ failure: { code: "muted" } }]);
    expect(sends()).toHaveLength(1);
  });

  it("fails after enough temporary refusals", async () => {
    outbox.add("general", "one");
    await settle();
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      expect(sends()).toHaveLength(attempt + 1);
      socket().refuse(sends().at(-1), "unavailable", true);
      await settle();
    }
    expect(outbox.all).toMatchObject([{ failure: { code: "unavailable" } }]);
    expect(sends()).toHaveLength(MAX_ATTEMPTS);
  });

  it("that failed keeps its id when a person sends it again", async () => {
    outbox.add("general", "one");
    await settle();
    socket().refuse(sends()[0], "not_a_member");
    await settle();
    outbox.retry(outbox.all[0]!.id);
    await settle();
    expect(sends()[1]).toEqual(sends()[0]);
    expect(outbox.all).toMatchObject([{ failure: null }]);
  });

  it("that was removed while it waited is not sent again", async () => {
    outbox.add("general", "one");
    await settle();
    socket().refuse(sends()[0], "unavailable", true, 100);
    await settle();
    outbox.remove(outbox.all[0]!.id);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sends()).toHaveLength(1);
  });

  it("survives a reload of the page under its id", async () => {
    outbox.add("general", "one");
    await settle();
    const [first] = sends();
    outbox.stop();
    socket().cut();
    outbox = createOutbox();
    outbox.start();
    await connect();
    expect(sends()).toEqual([first]);
  });

  it("that was refused is still there after a reload, and is not sent by itself", async () => {
    outbox.add("general", "one");
    await settle();
    socket().refuse(sends()[0], "not_a_member");
    await settle();
    outbox.stop();
    outbox = createOutbox();
    outbox.start();
    await settle();
    expect(outbox.all).toMatchObject([{ text: "one", failure: { code: "not_a_member" } }]);
    expect(sends()).toHaveLength(1);
  });

  it("is sent by the tab that leads, and by another as soon as that one leads", async () => {
    leads = false;
    outbox.add("general", "one");
    await settle();
    expect(sends()).toEqual([]);
    leads = true;
    outbox.resume();
    await settle();
    expect(sends()).toHaveLength(1);
  });

  it("is not taken where too many wait", () => {
    leads = false;
    for (let count = 0; count < MAX_KEPT; count++) expect(outbox.add("general", "one more")).not.toBeNull();
    expect(outbox.add("general", "one too many")).toBeNull();
    expect(outbox.all).toHaveLength(MAX_KEPT);
  });
});

describe("without a store", () => {
  beforeEach(() => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    leads = false;
  });

  it("each tab sends its own messages, and the person is told once that they are not kept", async () => {
    openStore = () => Promise.reject(new DOMException("no", "SecurityError"));
    outbox = createOutbox();
    outbox.start();
    for (const text of ["one", "two"]) outbox.add("general", text);
    await settle();
    expect(outbox.all).toHaveLength(2);
    await accept(sends()[0], 1);
    expect(sends().map((it) => it["text"])).toEqual(["one", "two"]);
    expect(forgetful).toBe(1);
  });

  it("that has space, a message is sent by the tab that it was written in", async () => {
    const full = new MemoryOutboxStore();
    full.put = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
    openStore = () => Promise.resolve(full);
    outbox = createOutbox();
    outbox.start();
    outbox.add("general", "one");
    await settle();
    expect(sends().map((it) => it["text"])).toEqual(["one"]);
    expect([forgetful, outbox.all.length]).toEqual([1, 1]);
  });
});

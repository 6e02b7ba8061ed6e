/** `Chat` against the server in memory: what it sends, what its feeds show, and what becomes of both when something breaks. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ADA, GRACE } from "../testing/messages.ts";
import { FakeServer } from "../testing/server.ts";
import { Chat, type SubscribeOptions } from "./chat.ts";
import { CommandRefused, ConnectionLost, RequestFailed, SessionEnded } from "./errors.ts";
import type { Message } from "./frames.ts";
import { MemoryOutboxStore } from "./outboxStore.ts";

const URL = "https://chat.example";

let server: FakeServer;
let chat: Chat;

/** The server in memory knows paths only. */
function serve(): void {
  server.install();
  const { fetch } = globalThis;
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => fetch(url.replace(URL, ""), init));
}

/** Moves the clock until it is settled. */
async function soon<T>(what: Promise<T>): Promise<T> {
  const over = what.then(() => true, () => true);
  for (let turns = 0; turns < 200; turns++) {
    if (await Promise.race([over, vi.advanceTimersByTimeAsync(500).then(() => false)])) break;
  }
  return what;
}

async function connect(name = "Ada"): Promise<Chat> {
  return soon(Chat.connect(URL, { name }));
}

/** Reads so many messages. */
async function take(count: number, options: SubscribeOptions = {}, from = chat): Promise<Message[]> {
  const read = async (): Promise<Message[]> => {
    const messages: Message[] = [];
    if (count === 0) return messages;
    for await (const message of from.subscribe("general", options)) if (messages.push(message) === count) break;
    return messages;
  };
  return soon(read());
}

function textsOf(messages: readonly Message[]): string[] {
  return messages.map(({ text }) => text);
}

function say(first: number, last: number): void {
  for (let seq = first; seq <= last; seq++) server.say("general", GRACE, `message ${seq}`);
}

/** Stored, and nobody is told. */
function post(first: number, last: number): void {
  for (let seq = first; seq <= last; seq++) server.post("general", GRACE, `message ${seq}`);
}

function said(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => `message ${first + at}`);
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  serve();
  server.addRoom("general", "General", ["ada"]);
  chat = await connect();
});

afterEach(async () => {
  await chat.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("connecting", () => {
  it("says who one is", () => {
    expect(chat.me).toEqual(ADA);
    expect(chat.status.phase).toBe("online");
  });

  it("is refused as signing in is", async () => {
    await expect(connect("Nobody")).rejects.toThrow(RequestFailed);
    await expect(soon(Chat.connect(URL, { token: "expired" }))).rejects.toThrow(SessionEnded);
  });

  it("is given up where nothing gets through", async () => {
    server.isBlocked = true;
    server.answers.set("POST /api/commands", () => Promise.reject(new TypeError("fetch failed")));
    const patience = new AbortController();
    const connecting = Chat.connect(URL, { token: "Grace" }, { signal: patience.signal });
    setTimeout(() => {
      patience.abort();
    }, 20_000);
    await expect(soon(connecting)).rejects.toThrow(ConnectionLost);
  });
});

describe("a feed", () => {
  it("begins with the newest messages and goes on with what is said", async () => {
    say(1, 30);
    const reading = take(5, { recent: 3 });
    await vi.advanceTimersByTimeAsync(100);
    say(31, 32);
    expect(textsOf(await reading)).toEqual(said(28, 32));
  });

  it("goes on behind a number, however much was said since", async () => {
    post(1, 700);
    expect(textsOf(await take(699, { after: 1 }))).toEqual(said(2, 700));
  });

  it("has no hole where messages were lost on the way or overtook each other", async () => {
    const reading = take(6);
    await vi.advanceTimersByTimeAsync(100);
    say(1, 1);
    post(2, 3);
    say(4, 4);
    const late = server.post("general", GRACE, "message 5");
    say(6, 6);
    server.deliver(late);
    expect(textsOf(await reading)).toEqual(said(1, 6));
  });

  it("has no hole and nothing twice after a cut, even where more was missed than is replayed", async () => {
    const reading = take(902);
    await vi.advanceTimersByTimeAsync(100);
    say(1, 1);
    await vi.advanceTimersByTimeAsync(100);
    server.cutAll();
    post(2, 901);
    await vi.advanceTimersByTimeAsync(30_000);
    say(902, 902);
    expect(textsOf(await reading)).toEqual(said(1, 902));
  });

  it("passes over numbers that stand for nothing", async () => {
    post(1, 1);
    server.post("general", GRACE, "", { kind: "void" });
    post(3, 3);
    expect(textsOf(await take(2, { after: 0 }))).toEqual(["message 1", "message 3"]);
  });

  it("goes on where history can't be had for a while", async () => {
    post(1, 120);
    let refused = 0;
    server.intercept = ({ action, id }, socket) => {
      if (action !== "history" || refused++ > 3) return false;
      socket.receive({ type: "error", id, code: "unavailable", message: "no", temporary: true, retry_after_ms: null });
      return true;
    };
    expect(textsOf(await take(120, { after: 0 }))).toEqual(said(1, 120));
  });

  it("shows what one says oneself, as others hear it", async () => {
    const reading = take(2);
    await vi.advanceTimersByTimeAsync(100);
    await soon(chat.send("general", "mine"));
    await soon(chat.send("general", "for @grace"));
    expect((await reading).map(({ text, from }) => [text, from?.id])).toEqual([["mine", "ada"], ["for @grace", "ada"]]);
  });

  it("tells what becomes of messages", async () => {
    say(1, 1);
    const onChange = vi.fn();
    const reading = take(2, { recent: 1, onChange });
    await vi.advanceTimersByTimeAsync(100);
    server.edit("general", 1, "better");
    say(2, 2);
    await reading;
    expect(onChange).toHaveBeenCalledWith(expect.objectContaining({ type: "message_changed" }));
  });

  it("joins a public room, throws where one may not read, and as soon as one may no longer", async () => {
    server.addRoom("open", "Open");
    const opened = chat.subscribe("open").next();
    await vi.advanceTimersByTimeAsync(100);
    server.say("open", GRACE, "come in");
    expect((await soon(opened)).value).toMatchObject({ text: "come in" });
    server.addRoom("closed", "Closed", ["grace"], "private");
    await expect(soon(chat.subscribe("closed").next())).rejects.toThrow(CommandRefused);
    const reading = take(1);
    await vi.advanceTimersByTimeAsync(100);
    server.change("general", "removed", ADA, null, GRACE);
    await expect(reading).rejects.toThrow(CommandRefused);
  });

  it("can be read twice at once, and leaves the room with the last reader", async () => {
    const [one, two] = [take(1), take(2)];
    await vi.advanceTimersByTimeAsync(100);
    say(1, 1);
    expect(textsOf(await one)).toEqual(["message 1"]);
    expect(server.commands.filter(({ action }) => action === "unsubscribe")).toHaveLength(0);
    say(2, 2);
    expect(textsOf(await two)).toEqual(said(1, 2));
    await vi.advanceTimersByTimeAsync(0);
    expect(server.commands.filter(({ action }) => action === "unsubscribe")).toHaveLength(1);
  });

  it("ends with its signal, and with the chat", async () => {
    const stop = new AbortController();
    const stopped = chat.subscribe("general", { signal: stop.signal }).next();
    const closed = chat.subscribe("general").next();
    await vi.advanceTimersByTimeAsync(100);
    stop.abort();
    expect((await soon(stopped)).done).toBe(true);
    await chat.close();
    expect((await soon(closed)).done).toBe(true);
  });
});

describe("sending", () => {
  it("resolves with the number, in the order of the calls", async () => {
    const sent = ["one", "two", "three"].map((text) => chat.send("general", text));
    expect((await soon(Promise.all(sent))).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it("goes on after a cut, and stores once what was on its way", async () => {
    const ids: string[] = [];
    server.intercept = ({ action, id }) => {
      if (action !== "send") return false;
      ids.push(id);
      if (ids.length > 1) return false;
      server.post("general", ADA, "kept", { command_id: id });
      server.cutAll(); // before anybody was told
      return true;
    };
    const sent = chat.send("general", "kept");
    expect((await soon(sent)).seq).toBe(1);
    expect(ids).toEqual([ids[0], ids[0]]);
    expect((await soon(chat.send("general", "next"))).seq).toBe(2);
  });

  it("rejects with what it was refused for, and the next message is not held up", async () => {
    server.intercept = ({ action, id, text }, socket) => {
      if (action !== "send" || text !== "bad") return false;
      socket.receive({ type: "error", id, code: "blocked_words", message: "no", temporary: false, retry_after_ms: null });
      return true;
    };
    const [bad, good] = [chat.send("general", "bad"), chat.send("general", "good")];
    await expect(soon(bad)).rejects.toMatchObject({ code: "blocked_words" });
    expect((await soon(good)).seq).toBe(1);
  });

  it("is not done by a chat that is closed; a store of one's own has the message for the next", async () => {
    const store = new MemoryOutboxStore();
    const first = await soon(Chat.connect(URL, { name: "Ada" }, { openStore: () => Promise.resolve(store) }));
    server.intercept = ({ action }) => action === "send";
    const sent = first.send("general", "later");
    await vi.advanceTimersByTimeAsync(10);
    await first.close();
    await expect(sent).rejects.toThrow(ConnectionLost);
    await expect(first.send("general", "no")).rejects.toThrow(ConnectionLost);
    server.intercept = null;
    const second = await soon(Chat.connect(URL, { name: "Ada" }, { openStore: () => Promise.resolve(store) }));
    expect(textsOf(await take(1, { after: 0 }, second))).toEqual(["later"]);
    await second.close();
  });
});

describe("a session that is over", () => {
  it("ends commands and feeds with that", async () => {
    const reading = take(1);
    await vi.advanceTimersByTimeAsync(100);
    server.isSessionOver = true;
    server.cutAll();
    await expect(reading).rejects.toThrow(SessionEnded);
    await expect(soon(chat.rooms())).rejects.toThrow(SessionEnded);
  });

  it("is one whose account is being erased, too", async () => {
    const reading = take(1);
    await vi.advanceTimersByTimeAsync(100);
    for (const { socket } of server.lines) socket.receive({ type: "account_erasing" });
    await expect(reading).rejects.toThrow(SessionEnded);
    expect(chat.status.phase).toBe("stopped");
  });

  it("goes on where there is another token", async () => {
    const tokens = ["expired", "Ada", "expired", "expired"];
    const renewed = await soon(Chat.connect(URL, { token: () => tokens.shift() ?? "expired" }));
    const reading = take(2, {}, renewed);
    await vi.advanceTimersByTimeAsync(100);
    say(1, 2);
    expect(textsOf(await reading)).toEqual(said(1, 2));
    server.cutAll();
    await expect(soon(renewed.rooms())).rejects.toThrow(SessionEnded);
  });
});

import "fake-indexeddb/auto";

import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CommandRefused } from "./errors.ts";
import type { OutgoingMessage } from "./outbox.ts";
import { IndexedOutboxStore } from "./outboxStore.ts";

let stores: IndexedOutboxStore[];

async function open(user = "ada", onChange = (): void => undefined): Promise<IndexedOutboxStore> {
  const store = await IndexedOutboxStore.open(user, onChange);
  stores.push(store);
  return store;
}

function messageOf(id: string, extra: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { id, room: "general", text: `text of ${id}`, answers: null, createdAtMs: 1, failure: null, ...extra };
}

async function idsIn(store: IndexedOutboxStore): Promise<string[]> {
  return (await store.load()).map(({ id }) => id);
}

beforeEach(() => {
  stores = [];
  vi.stubGlobal("indexedDB", new IDBFactory());
});

afterEach(() => {
  for (const store of stores) store.close();
  vi.unstubAllGlobals();
});

describe("the browser's store of unsent messages", () => {
  it("gives them back after a reload, in the order in which they were written", async () => {
    const store = await open();
    for (const id of ["c", "a", "b"]) await store.put(messageOf(id));
    store.close();
    expect(await (await open()).load()).toEqual(["c", "a", "b"].map((id) => messageOf(id)));
  });

  it("keeps the place of one that failed, and why it did", async () => {
    const store = await open();
    for (const id of ["a", "b"]) await store.put(messageOf(id));
    const failure = new CommandRefused({ code: "muted", message: "no", temporary: true, retry_after_ms: 5 });
    await store.put(messageOf("a", { failure }));
    const [first, second] = await store.load();
    expect(first?.failure).toEqual(failure);
    expect(first?.failure).toBeInstanceOf(CommandRefused);
    expect(second?.id).toBe("b");
  });

  it("has an order over several tabs", async () => {
    const [left, right] = [await open(), await open()];
    await left.put(messageOf("a"));
    await right.put(messageOf("b"));
    await left.put(messageOf("c"));
    expect(await idsIn(right)).toEqual(["a", "b", "c"]);
  });

  it("tells the user's other tabs of every change, and nobody else", async () => {
    const told: string[] = [];
    const store = await open("ada", () => told.push("this one"));
    await open("ada", () => told.push("other"));
    await open("grace", () => told.push("grace"));
    await store.put(messageOf("a"));
    await store.remove("a");
    await vi.waitFor(() => {
      expect(told).toEqual(["other", "other"]);
    });
  });

  it("forgets one user's and leaves the other's", async () => {
    const [ada, grace] = [await open("ada"), await open("grace")];
    await ada.put(messageOf("a"));
    await grace.put(messageOf("b"));
    await ada.clear();
    expect(await idsIn(ada)).toEqual([]);
    expect(await idsIn(grace)).toEqual(["b"]);
  });

  it("leaves alone what it can't read", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const store = await open();
    await store.put(messageOf("a", { createdAtMs: "never" as unknown as number }));
    await store.put(messageOf("b"));
    expect(await idsIn(store)).toEqual(["b"]);
  });
});

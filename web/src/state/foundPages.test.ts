import type { Found, Message } from "@agent-chat/client/frames";
import { messageOf, messagesOf } from "@agent-chat/client/testing/messages";
import { beforeEach, describe, expect, it } from "vitest";

import { FoundPages } from "./foundPages";

let answers: (Found | Error)[];
let asked: (number | null)[];
let pages: FoundPages;

function page(before: number | null, ...messages: Message[]): Found {
  return { room: "general", messages, before };
}

beforeEach(() => {
  [answers, asked] = [[], []];
  pages = new FoundPages((before) => {
    asked.push(before);
    const answer = answers.shift() ?? page(null);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
});

function shown(): number[] {
  return pages.view.get().found.map(({ seq }) => seq);
}

describe("what the server finds", () => {
  it("comes page by page, and over empty ones", async () => {
    answers = [page(8, messageOf(9), messageOf(8)), page(5), page(null, messageOf(2))];
    await pages.more();
    expect([shown(), pages.view.get().before]).toEqual([[9, 8], 8]);
    await pages.more();
    expect([shown(), pages.view.get().before, asked]).toEqual([[9, 8, 2], null, [null, 8, 5]]);
  });

  it("asks somebody again before it goes through any number of empty pages", async () => {
    answers = Array.from({ length: 9 }, (_, index) => page(99 - index));
    await pages.more();
    expect([asked.length, pages.view.get().phase]).toEqual([5, "idle"]);
  });

  it("goes on where it failed", async () => {
    answers = [page(5, messageOf(5)), new Error("no"), page(null, messageOf(2))];
    await pages.more();
    await pages.more();
    expect([pages.view.get().phase, shown()]).toEqual(["failed", [5]]);
    await pages.more();
    expect([pages.view.get().phase, shown(), asked.at(-1)]).toEqual(["idle", [5, 2], 5]);
  });

  it("drops an answer to what was given up meanwhile", async () => {
    answers = [page(null, messageOf(1))];
    const looking = pages.more();
    pages.clear();
    await looking;
    expect(shown()).toEqual([]);
  });

  it("takes what came live once, and nothing of pages that are still to come", async () => {
    answers = [page(8, messageOf(9), messageOf(8))];
    await pages.more();
    pages.add([...messagesOf(8, 10), messageOf(3)]);
    expect(shown()).toEqual([10, 9, 8]);
  });

  it("changes with the messages", async () => {
    answers = [page(null, messageOf(1))];
    await pages.more();
    pages.change({ type: "message_changed", message: messageOf(1, { text: "other", version: 2, rev: 1 }) });
    expect(pages.view.get().found[0]?.text).toBe("other");
  });
});

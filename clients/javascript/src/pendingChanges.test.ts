import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ADA, messageOf } from "../testing/messages.ts";
import type { MessageChange } from "./changes.ts";
import { type ChatError, CommandRefused, ConnectionLost } from "./errors.ts";
import type { Action, Commands } from "./frames.ts";
import type { RequestOptions } from "./line.ts";
import { afterPending, MAX_ATTEMPTS, type PendingChange, PendingChanges } from "./pendingChanges.ts";
import type { ShapeError } from "./shape.ts";

interface Asked {
  readonly action: string;
  readonly command: object;
  readonly id: string | undefined;
  readonly answer: (result: object) => void;
  readonly fail: (error: Error) => void;
}

/** A connection on which the test answers. */
class Line {
  online = true;
  readonly asked: Asked[] = [];

  readonly request = <A extends Action>(action: A, command: Commands[A], options: RequestOptions = {}): Promise<never> =>
    new Promise((resolve, reject) => {
      const answer = resolve as (result: object) => void;
      this.asked.push({ action, command, id: options.id, answer, fail: reject });
    });
}

let line: Line;
let changes: PendingChanges;
let pending: readonly PendingChange[];
let made: MessageChange[];
let refused: (ChatError | ShapeError)[];

beforeEach(() => {
  vi.useFakeTimers();
  line = new Line();
  made = [];
  refused = [];
  pending = [];
  changes = new PendingChanges({
    connection: line,
    me: ADA,
    onChange: (all) => (pending = all),
    onMade: (change) => made.push(change),
    onRefused: (_, error) => refused.push(error),
    random: () => 0,
  });
});

afterEach(() => {
  vi.useRealTimers();
});

async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

const CHANGED = { room: "general", seq: 1, version: 2, rev: 7 };
const MESSAGE = messageOf(1, { from: ADA });

function refusal(code: string, temporary: boolean): CommandRefused {
  return new CommandRefused({ code, message: code, temporary, retry_after_ms: null });
}

describe("a change of a message", () => {
  it("shows at once, and is told as the server made it", async () => {
    changes.add(MESSAGE, { kind: "edit", text: "better" });
    expect(afterPending(MESSAGE, pending).text).toBe("better");
    line.asked[0]?.answer(CHANGED);
    await settle();
    expect(pending).toEqual([]);
    expect(made).toMatchObject([{ type: "message_changed", message: { text: "better", version: 2, rev: 7, changed_by: ADA } }]);
  });

  it("is taken back when it is refused, with the reason", async () => {
    changes.add(MESSAGE, { kind: "pin", remove: false });
    line.asked[0]?.fail(refusal("not_allowed", false));
    await settle();
    expect(afterPending(MESSAGE, pending)).toBe(MESSAGE);
    expect(refused).toMatchObject([{ code: "not_allowed" }]);
    expect(made).toEqual([]);
  });

  it("goes again under its id after a cut", async () => {
    changes.add(MESSAGE, { kind: "delete" });
    line.online = false;
    line.asked[0]?.fail(new ConnectionLost());
    await settle();
    expect(pending).toHaveLength(1);
    line.online = true;
    changes.resume();
    expect(line.asked.map((it) => [it.action, it.id])).toEqual([
      ["delete", pending[0]?.id],
      ["delete", pending[0]?.id],
    ]);
  });

  it("waits where there is no line", () => {
    line.online = false;
    changes.add(MESSAGE, { kind: "delete" });
    expect(line.asked).toEqual([]);
    expect(afterPending(MESSAGE, pending).kind).toBe("deleted");
  });

  it("is tried again when the server is busy, but not for ever", async () => {
    changes.add(MESSAGE, { kind: "delete" });
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      line.asked[attempt]?.fail(refusal("unavailable", true));
      await settle();
    }
    expect(line.asked).toHaveLength(MAX_ATTEMPTS);
    expect(refused).toMatchObject([{ code: "unavailable" }]);
  });

  it("waits for the one before it of the same message, and not for those of others", async () => {
    const react = { kind: "react", emoji: "👍" } as const;
    changes.add(MESSAGE, { ...react, remove: false });
    changes.add(MESSAGE, { ...react, remove: true });
    changes.add(messageOf(2), { ...react, remove: false });
    expect(line.asked.map((it) => it.command)).toMatchObject([{ seq: 1, remove: false }, { seq: 2 }]);
    expect(afterPending(MESSAGE, pending).reactions).toEqual([]);
    line.asked[0]?.answer({ room: "general", seq: 1, rev: 3, reactions: [{ emoji: "👍", count: 1 }] });
    await settle();
    expect(line.asked[2]?.command).toMatchObject({ seq: 1, remove: true });
    expect(made).toMatchObject([{ type: "reactions_changed", rev: 3, isOwn: true, removed: false }]);
  });

  it("begins from what the one before made of the message", async () => {
    changes.add(MESSAGE, { kind: "edit", text: "first" });
    changes.add(MESSAGE, { kind: "delete" });
    line.asked[0]?.answer(CHANGED);
    await settle();
    line.asked[1]?.answer({ ...CHANGED, version: 3, rev: 8 });
    await settle();
    expect(made[1]).toMatchObject({ message: { kind: "deleted", version: 3, rev: 8 } });
  });
});

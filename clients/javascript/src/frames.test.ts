import { describe, expect, it } from "vitest";

import { GOLDEN, type GoldenFrame } from "../testing/golden.ts";
import { events, results } from "./frames.generated.ts";
import { type Action, decodeResult, encodeCommand, joinCommands, readFrame, splitFrames } from "./frames.ts";
import { ShapeError } from "./shape.ts";

function read(frame: unknown) {
  const [value] = splitFrames(JSON.stringify(frame));
  return readFrame(value);
}

/** The frame with a field that nobody knows in each of its objects but maps. */
function withUnknownFields(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => withUnknownFields(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, withUnknownFields(item, name)] as const);
  const isMap = ["rooms", "revs", "tails", "variants"].includes(key);
  return { ...Object.fromEntries(entries), ...(isMap ? {} : { from_a_newer_server: { really: [1, null] } }) };
}

describe.each(GOLDEN.filter((it) => it.kind.startsWith("acks/")))("$kind: $about", ({ frame }) => {
  const { action, id, result } = frame as { action: Action; id: string; result: unknown };

  it("means what the server says, with unknown fields too", () => {
    for (const source of [frame, withUnknownFields(frame)]) {
      const ack = read(source);
      if (ack.type !== "ack") throw new Error("no ack");
      expect(ack.id).toBe(id);
      expect(decodeResult(action, ack.result)).toEqual(result);
    }
  });
});

describe.each(GOLDEN.filter((it) => /^(?:events|errors)/u.test(it.kind)))("$kind: $about", ({ frame }) => {
  it("means what the server says, with unknown fields too", () => {
    expect(read(frame)).toEqual(frame);
    expect(read(withUnknownFields(frame))).toEqual(frame);
  });
});

it.each(GOLDEN.filter((it) => it.kind.startsWith("commands/")))("writes $kind: $about", ({ frame }) => {
  const { action, id, ...fields } = frame as { action: Action; id: string };
  expect(JSON.parse(encodeCommand(action, id, fields as never))).toEqual(frame);
});

it("has a reader for every ack and every event that there is", () => {
  const names = (prefix: string): string[] => [
    ...new Set(GOLDEN.filter((it) => it.kind.startsWith(prefix)).map((it) => it.kind.slice(prefix.length))),
  ];
  expect(Object.keys(results).sort()).toEqual(names("acks/").sort());
  expect(Object.keys(events).sort()).toEqual(names("events/").sort());
});

describe("lists", () => {
  const golden = (kind: string): GoldenFrame => GOLDEN.find((it) => it.kind === kind)!;

  it("are read frame by frame", () => {
    const { frame } = golden("lists/replies");
    expect(splitFrames(JSON.stringify(frame)).map((it) => readFrame(it).type)).toEqual(["ack", "error", "ack"]);
  });

  it("are written from commands; one command is no list", () => {
    const commands = golden("lists/commands").frame as object[];
    expect(JSON.parse(joinCommands(commands.map((it) => JSON.stringify(it))))).toEqual(commands);
    expect(joinCommands(['{"action":"ping","id":"1"}'])).toBe('{"action":"ping","id":"1"}');
  });
});

describe("a newer server's", () => {
  const newer = GOLDEN.filter((it) => it.kind.startsWith("newer/"));

  it.each(newer)("frame is survived: $about", ({ frame }) => {
    expect(() => read(frame)).not.toThrow();
  });

  it("kinds and roles are unknown ones, and its events are passed over", () => {
    expect(newer.map(({ frame }) => read(frame))).toMatchObject([
      { type: "unknown" },
      { type: "message", message: { kind: "unknown", seq: 122 } },
      { type: "member", change: "unknown", role: "unknown" },
      { type: "ack", id: "99" },
      { type: "error", code: "too_solemn", temporary: true, retry_after_ms: 5000 },
    ]);
  });
});

describe("an older server's", () => {
  it("rooms without cursors have nothing unread", () => {
    const room = { room: "general", title: "General", kind: "public", member: true, latest: null };
    expect(decodeResult("rooms", { rooms: [room] }).rooms).toEqual([
      { ...room, role: null, last_seq: 0, read_seq: 0, unread: 0, last_rev: 0 },
    ]);
  });
});

it("knows API Gateway's own error by its having no type", () => {
  const frame = read({ message: "Internal server error", connectionId: "c", requestId: "r" });
  expect(frame).toEqual({ type: "gateway_fault", message: "Internal server error" });
});

describe("broken frames", () => {
  const { frame } = GOLDEN.find((it) => it.kind === "events/message")!;
  const { message } = frame as { message: object };

  it.each([
    ["no object", 7],
    ["an ack without id", { type: "ack" }],
    ["a message without number", { type: "message", message: { ...message, seq: undefined } }],
    ["a number that is text", { type: "message", message: { ...message, seq: "120" } }],
  ])("are refused: %s", (_, broken) => {
    expect(() => read(broken)).toThrow(ShapeError);
  });

  it("that are no JSON are refused", () => {
    expect(() => splitFrames("{")).toThrow(ShapeError);
  });

  it("of a type named like a method of every object are passed over", () => {
    expect(read({ type: "toString" })).toEqual({ type: "unknown" });
  });

  it("name the place that is wrong", () => {
    expect(() => decodeResult("rooms", { rooms: [{ room: "general" }] })).toThrow("rooms.result.rooms[0].title");
  });
});

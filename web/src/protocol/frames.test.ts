import { describe, expect, it } from "vitest";

import { decodeFrame, decodeResult, encodeCommand } from "./frames";
import { ShapeError } from "./shape";

const POSTED = {
  type: "message",
  message: {
    room: "general",
    seq: 120,
    kind: "text",
    from: { id: "ada", name: "Ada" },
    text: "Hello",
    sent_at_ms: 1_790_000_000_000,
    command_id: "7f1c",
    media: null,
  },
};
const PICTURE = { url: "/media/a/1", content_type: "image/jpeg", width: 480, height: 320 };

function decode(frame: unknown) {
  return decodeFrame(JSON.stringify(frame));
}

describe("frames from the server", () => {
  it("are decoded as the protocol shows them", () => {
    expect(decode(POSTED)).toEqual(POSTED);
    expect(
      decode({ type: "error", id: "7f1c", code: "room_not_found", message: "no", temporary: false, retry_after_ms: null }),
    ).toEqual({ type: "error", id: "7f1c", code: "room_not_found", message: "no", temporary: false, retry_after_ms: null });
    expect(decode({ type: "media_rejected", media: "m", room: "general", reason: "not an image" })).toEqual({
      type: "media_rejected",
      media: "m",
      room: "general",
      reason: "not an image",
    });
  });

  it("may carry an image with its two forms", () => {
    const media = { id: "m", name: "cat.jpg", original: PICTURE, thumbnail: PICTURE };
    const frame = decode({ ...POSTED, message: { ...POSTED.message, kind: "image", media } });
    expect(frame).toMatchObject({ message: { kind: "image", media } });
  });

  it("keep their meaning when a newer server adds fields, kinds and events", () => {
    expect(decode({ ...POSTED, trace: 1 })).toEqual(POSTED);
    expect(decode({ ...POSTED, message: { ...POSTED.message, kind: "poll" } })).toMatchObject({
      message: { kind: "unsupported" },
    });
    expect(decode({ type: "typing", room: "general" })).toEqual({ type: "unknown" });
  });

  it("without a type are API Gateway's own error", () => {
    const frame = decode({ message: "Internal server error", connectionId: "c", requestId: "r" });
    expect(frame).toEqual({ type: "gateway_fault", message: "Internal server error" });
  });

  it.each([
    ["not JSON", "{"],
    ["no object", "[]"],
    ["an ack without id", '{"type":"ack"}'],
    ["a message without number", '{"type":"message","message":{"room":"general","kind":"text","text":"","sent_at_ms":1}}'],
    ["a number that is text", JSON.stringify({ ...POSTED, message: { ...POSTED.message, seq: "120" } })],
  ])("are refused when they are broken: %s", (_, source) => {
    expect(() => decodeFrame(source)).toThrow(ShapeError);
  });
});

describe("results", () => {
  it("are decoded by the action that asked for them", () => {
    expect(decodeResult("send", { room: "general", seq: 1, sent_at_ms: 2, more: 3 })).toEqual({
      room: "general",
      seq: 1,
      sent_at_ms: 2,
    });
    expect(decodeResult("history", { room: "general", messages: [POSTED.message], more: true }).messages).toHaveLength(1);
    expect(decodeResult("leave", {})).toEqual({});
  });

  it("name the place that is wrong", () => {
    expect(() => decodeResult("rooms", { rooms: [{ room: "general" }] })).toThrow("rooms.result.rooms[0].title");
  });
});

it("encodes a command with its action and id", () => {
  expect(JSON.parse(encodeCommand("history", "8", { room: "general", before: 120, limit: 50 }))).toEqual({
    action: "history",
    id: "8",
    room: "general",
    before: 120,
    limit: 50,
  });
});

import { describe, expect, it } from "vitest";

import { RoomLog } from "../protocol/log";
import type { OutgoingMessage } from "../protocol/outbox";
import { ADA, messageOf } from "../testing/messages";
import { buildTimeline, type Row } from "./timeline";

function timeline(log: RoomLog, outgoing: readonly OutgoingMessage[] = []): Row[] {
  return buildTimeline({ log, notices: [], outgoing, uploads: [], myId: ADA.id });
}

function outgoingOf(id: string): OutgoingMessage {
  return { id, room: "general", text: id, answers: null, createdAtMs: 0, failure: null };
}

function heads(rows: readonly Row[]): boolean[] {
  return rows.flatMap((row) => ("isHead" in row ? [row.isHead] : []));
}

describe("the timeline", () => {
  it("groups an author's messages that are close together", () => {
    const later = messageOf(4, { sent_at_ms: messageOf(1).sent_at_ms + 6 * 60_000 });
    const log = RoomLog.empty.with([messageOf(1), messageOf(2), messageOf(3, { from: ADA }), later]);
    expect(heads(timeline(log))).toEqual([true, false, true, true]);
  });

  it("separates days", () => {
    const log = RoomLog.empty.with([messageOf(1), messageOf(2, { sent_at_ms: messageOf(1).sent_at_ms + 86_400_000 })]);
    expect(timeline(log).map((row) => row.type)).toEqual(["day", "message", "day", "message"]);
  });

  it("shows where messages are missing and hides voids", () => {
    const log = RoomLog.empty.with([messageOf(1), messageOf(2, { kind: "void" }), messageOf(5)]).reaching(6);
    const rows = timeline(log);
    expect(rows.map((row) => row.type)).toEqual(["day", "message", "gap", "message", "gap"]);
    expect(rows[2]).toMatchObject({ missing: 2 });
  });

  it("puts what has no number behind everything that has, whatever its clock says", () => {
    const rows = timeline(RoomLog.empty.with([messageOf(1), messageOf(2)]), [outgoingOf("a"), outgoingOf("b")]);
    expect(rows.map((row) => row.key).slice(-2)).toEqual(["a", "b"]);
  });

  it("shows a message once when its number came before its acknowledgement", () => {
    const log = RoomLog.empty.with([messageOf(1, { from: ADA, command_id: "a" })]);
    const rows = timeline(log, [outgoingOf("a")]);
    expect(rows.map((row) => row.type)).toEqual(["day", "message"]);
    expect(rows[1]?.key).toBe("a");
  });

  it("shows who came between the messages before and after, each a group of its own", () => {
    const event = { type: "member", room: "general", user: ADA, change: "joined", role: "member", muted_until_ms: null, by: ADA } as const;
    const notices = [0, 1, 2].map((afterSeq) => ({ key: `n${afterSeq}`, afterSeq, event }));
    const log = RoomLog.empty.with([messageOf(1), messageOf(2)]);
    const rows = buildTimeline({ log, notices, outgoing: [], uploads: [], myId: ADA.id });
    expect(rows.map((row) => row.type)).toEqual(["notice", "day", "message", "notice", "message", "notice"]);
    expect(heads(rows)).toEqual([true, true]);
  });
});

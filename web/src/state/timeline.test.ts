import { RoomLog } from "@agent-chat/client/log";
import type { OutgoingMessage } from "@agent-chat/client/outbox";
import { ADA, messageOf } from "@agent-chat/client/testing/messages";
import { describe, expect, it } from "vitest";

import { buildTimeline, type Row } from "./timeline";

const SOURCE = { notices: [], outgoing: [], uploads: [], pending: [], myId: ADA.id, readSeq: null };

function timeline(log: RoomLog, outgoing: readonly OutgoingMessage[] = []): Row[] {
  return buildTimeline({ ...SOURCE, log, outgoing }).filter(({ type }) => type !== "beginning");
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

  it("changes nothing that it showed when older messages come", () => {
    // Messages in pairs, an hour apart; a void is the oldest that is here at first.
    const hours = (seq: number): number => messageOf(1).sent_at_ms + Math.floor(seq / 2) * 3_600_000;
    const messages = Array.from({ length: 80 }, (_, at) => messageOf(at + 1, { sent_at_ms: hours(at + 1) }));
    for (let first = 30; first < 34; first++) {
      const page = messages.slice(first).map((message, at) => (at === 0 ? { ...message, kind: "void" as const } : message));
      const shown = timeline(RoomLog.empty.with(page));
      expect(shown).toEqual(timeline(RoomLog.empty.with(messages)).slice(-shown.length));
      expect(shown.filter(({ type }) => type === "message")).toHaveLength(page.length - 2);
    }
  });

  it("shows all of a room from its beginning, and of a log that has hardly begun", () => {
    const messages = Array.from({ length: 40 }, (_, at) => messageOf(at + 1));
    expect(timeline(RoomLog.empty.with(messages))).toHaveLength(1 + 40);
    expect(timeline(RoomLog.empty.with(messages.slice(-5)))).toHaveLength(1 + 5);
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
    const rows = buildTimeline({ ...SOURCE, log, notices }).filter(({ type }) => type !== "beginning");
    expect(rows.map((row) => row.type)).toEqual(["notice", "day", "message", "notice", "message", "notice"]);
    expect(heads(rows)).toEqual([true, true]);
  });

  it("marks where the first message is that was not read, if somebody else wrote it", () => {
    const log = RoomLog.empty.with([1, 2, 3].map((seq) => messageOf(seq, seq === 2 ? { from: ADA } : {})));
    const types = (readSeq: number): string[] => buildTimeline({ ...SOURCE, log, readSeq }).map((row) => row.type);
    expect(types(1)).toEqual(["beginning", "day", "message", "message", "unread", "message"]);
    expect(types(3)).not.toContain("unread");
  });

  it("marks nothing while it is not known which one that is", () => {
    const log = RoomLog.empty.with([messageOf(8), messageOf(9)]);
    expect(buildTimeline({ ...SOURCE, log, readSeq: 3 }).map((row) => row.type)).not.toContain("unread");
  });

  it("counts the answers in a thread, those that its copy does not know yet included", () => {
    const answers = [4, 5].map((seq) => messageOf(seq, { thread: 1, reply_to: 1 }));
    const log = RoomLog.empty.with([messageOf(1, { replies: 2, last_reply_seq: 4 }), messageOf(2), ...answers]);
    const replies = timeline(log).flatMap((row) => (row.type === "message" ? [row.replies] : []));
    expect(replies).toEqual([3, 0, 0, 0]);
  });

  it("shows a message as it will be once the server has changed it", () => {
    const message = messageOf(1);
    const pending = [{ id: "c", message, wish: { kind: "edit", text: "better" } as const, askedAtMs: 0 }];
    const rows = buildTimeline({ ...SOURCE, log: RoomLog.empty.with([message]), pending });
    expect(rows.at(-1)).toMatchObject({ message: { text: "better" } });
  });
});

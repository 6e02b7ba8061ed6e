import { describe, expect, it } from "vitest";

import { messageOf, messagesOf } from "../testing/messages.ts";
import type { MessageChange } from "./changes.ts";
import { RoomLog } from "./log.ts";

function seqs(log: RoomLog): number[] {
  return log.messages.map((message) => message.seq);
}

function editOf(seq: number, rev: number): MessageChange {
  return { type: "message_changed", message: messageOf(seq, { text: `edited ${seq}`, version: 2, rev }) };
}

describe("a room's log", () => {
  it("has the order of the numbers, whatever order messages come in", () => {
    let log = RoomLog.empty;
    for (const seq of [7, 5, 9, 6, 8]) log = log.with([messageOf(seq)]);
    expect(seqs(log)).toEqual([5, 6, 7, 8, 9]);
  });

  it("has each number once: live, in a page and as an acknowledgement", () => {
    const log = RoomLog.empty.with([messageOf(3)]).with(messagesOf(1, 3)).with([messageOf(2), messageOf(2)]);
    expect(seqs(log)).toEqual([1, 2, 3]);
  });

  it("keeps what it has, so that a repeated message changes nothing", () => {
    const log = RoomLog.empty.with(messagesOf(1, 3));
    expect(log.with([messageOf(2, { text: "changed" })])).toBe(log);
  });

  it("knows the missing numbers between messages", () => {
    const log = RoomLog.empty.with([messageOf(4), messageOf(7), messageOf(8), messageOf(11)]);
    expect(log.gaps()).toEqual([
      { first: 5, last: 6 },
      { first: 9, last: 10 },
    ]);
  });

  it("knows the missing numbers at the end when the server names a higher one", () => {
    const log = RoomLog.empty.with(messagesOf(4, 6)).reaching(9);
    expect(log.gaps()).toEqual([{ first: 7, last: 9 }]);
    expect(log.with(messagesOf(7, 9)).gaps()).toEqual([]);
  });

  it("does not take unread history for missing", () => {
    expect(RoomLog.empty.with(messagesOf(100, 120)).gaps()).toEqual([]);
    expect(RoomLog.empty.reaching(50).gaps()).toEqual([]);
  });

  it("takes a void for a number that is there", () => {
    const log = RoomLog.empty.with([messageOf(1), messageOf(2, { kind: "void", from: null }), messageOf(3)]);
    expect(log.gaps()).toEqual([]);
  });

  it("takes what lies between two Regions' numbers for numbers that are there", () => {
    const hole = messageOf(3, { kind: "void", from: null, until: 1_000_000_000 });
    const log = RoomLog.empty.with([...messagesOf(1, 2), hole]);
    expect([log.newest, log.lastSeq]).toEqual([1_000_000_000, 1_000_000_000]);
    expect(log.with([messageOf(1_000_000_002)]).gaps()).toEqual([{ first: 1_000_000_001, last: 1_000_000_001 }]);
  });

  it("is complete with the first number, or when the server says that there is no more", () => {
    expect(RoomLog.empty.with(messagesOf(2, 3)).complete).toBe(false);
    expect(RoomLog.empty.with(messagesOf(1, 3)).complete).toBe(true);
    expect(RoomLog.empty.with(messagesOf(2, 3)).completed().complete).toBe(true);
  });

  it("misses the first messages where there is nothing older: they were still being stored", () => {
    const log = RoomLog.empty.with(messagesOf(3, 4)).completed();
    expect(log.gaps()).toEqual([{ first: 1, last: 2 }]);
    expect(log.with(messagesOf(1, 2)).gaps()).toEqual([]);
  });

  it("never forgets a number that it reached", () => {
    const log = RoomLog.empty.reaching(9).reaching(4);
    expect(log.lastSeq).toBe(9);
  });

  it("shows a message as it stands, and knows no newer number from a change of one that is not here", () => {
    const log = RoomLog.empty.with(messagesOf(1, 2)).changed(editOf(2, 1));
    expect(log.messages.map((message) => message.text)).toEqual(["message 1", "edited 2"]);
    expect(log.changed(editOf(7, 2)).gaps()).toEqual([]);
  });

  it("misses everything that came since the room was found empty", () => {
    const found = RoomLog.empty.completed();
    expect(found.gaps()).toEqual([]);
    expect(found.reaching(3).gaps()).toEqual([{ first: 1, last: 3 }]);
    expect(RoomLog.empty.reaching(3).gaps()).toEqual([]);
  });

  it("has no gap where messages were skipped, only history to be scrolled back to", () => {
    const log = RoomLog.empty.with(messagesOf(1, 5)).above(90).with(messagesOf(91, 92));
    expect(seqs(log)).toEqual([91, 92]);
    expect(log.gaps()).toEqual([]);
    expect(log.complete).toBe(false);
    expect(RoomLog.empty.with(messagesOf(91, 92)).above(90).lastSeq).toBe(92);
  });

  it("keeps what became of a message for the page that is read before and arrives after it", () => {
    const log = RoomLog.empty.with(messagesOf(51, 60)).changed(editOf(50, 1));
    expect(log.with(messagesOf(41, 50)).messages.find(({ seq }) => seq === 50)?.text).toBe("edited 50");
    expect(log.with([messageOf(50, { text: "edited again", rev: 2 })]).messages[0]?.text).toBe("edited again");
  });
});

/** What is around a room's messages, and beside them. */

import type { ReactNode } from "react";

import { Composer } from "../../src/components/Composer";
import { MemberRow } from "../../src/components/MemberRow";
import { RoomHeader } from "../../src/components/RoomHeader";
import { RoomList } from "../../src/components/RoomList";
import { TypingLine } from "../../src/components/TypingLine";
import { MAX_TEXT_CHARS, type Member, type Room } from "../../src/protocol/frames";
import { powerOver } from "../../src/state/rights";
import { NOON_MS } from "../../src/testing/archive";
import { ADA, CROWD, ENDLESS, GRACE, LINUS, messageOf } from "../samples";
import type { Specimens } from "../specimens";
import { nothing, talk } from "./ada";

const LOOK = { onSearch: nothing, onPeople: nothing, onPins: nothing, onDate: nothing };

function composer(draft: string, extra: Partial<Parameters<typeof Composer>[0]> = {}): ReactNode {
  return <Composer placeholder="Message General" draft={draft} people={talk.people} onDraft={nothing} onSend={refuse} onFiles={nothing} {...extra} />;
}

function refuse(): boolean {
  return false;
}

function person(member: Partial<Member>, mine: Room["role"] = "owner"): ReactNode {
  const shown: Member = { user: GRACE, role: "member", muted_until_ms: null, ...member };
  return (
    <ul className="people">
      <MemberRow
        member={shown}
        isMe={shown.user.id === ADA.id}
        power={powerOver(shown, ADA.id, mine)}
        onMessage={nothing}
        onDeed={nothing}
        onGrave={nothing}
      />
    </ul>
  );
}

function roomOf(room: string, title: string, extra: Partial<Room> = {}): Room {
  const latest = { seq: 3, author: GRACE.name, text: "See you on Thursday", sent_at_ms: NOON_MS };
  const numbers = { last_seq: 3, read_seq: 3, unread: 0, last_rev: 0 };
  return { room, title, kind: "public", member: true, role: "member", latest, ...numbers, ...extra };
}

const ROOMS: readonly Room[] = [
  roomOf("general", "General"),
  roomOf("launch", "Launch", { kind: "private", unread: 4, read_seq: 0 }),
  roomOf("busy", "A busy room", { unread: 250 }),
  roomOf("endless", ENDLESS, { latest: { seq: 1, author: ENDLESS, text: ENDLESS, sent_at_ms: NOON_MS } }),
  roomOf("new", "A new room", { latest: null }),
  roomOf("lunch", "Lunch", { member: false, role: null }),
];

export const ROOM: Specimens = {
  "components/Composer": {
    states: {
      empty: composer(""),
      written: composer("Two lines\nof text"),
      "nearly too long": composer("a".repeat(MAX_TEXT_CHARS - 20)),
      "too long": composer("a".repeat(MAX_TEXT_CHARS + 20)),
      "an answer": composer("I have.", { answering: messageOf(1, { text: "Who has the minutes of the meeting?" }), onCancelAnswer: nothing }),
    },
  },
  "components/MemberRow": {
    states: {
      oneself: person({ user: ADA, role: "owner" }),
      "somebody else": person({}),
      muted: person({ user: LINUS, role: "moderator", muted_until_ms: NOON_MS }),
      "with a long name": person({ user: { id: "endless", name: ENDLESS } }),
    },
  },
  "components/RoomHeader": {
    states: {
      public: <RoomHeader title="General" isPrivate={false} look={LOOK} />,
      private: <RoomHeader title="Launch" isPrivate look={LOOK} />,
      "with a long name": <RoomHeader title={ENDLESS} isPrivate look={LOOK} />,
      "nothing to look at": <RoomHeader title="Launch" isPrivate />,
    },
  },
  "components/RoomList": {
    states: {
      "of all kinds": (
        <div className="specimen__list">
          <RoomList rooms={ROOMS} current="general" />
        </div>
      ),
    },
  },
  "components/TypingLine": {
    states: { one: <TypingLine typists={[GRACE]} />, two: <TypingLine typists={[GRACE, LINUS]} />, many: <TypingLine typists={CROWD} /> },
  },
};

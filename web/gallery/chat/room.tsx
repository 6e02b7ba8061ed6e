/** What is around a room's messages, and beside them. */

import { MAX_TEXT_CHARS, type Member, type Room } from "@agent-chat/client/frames";
import { NOON_MS } from "@agent-chat/client/testing/archive";
import type { ReactNode } from "react";

import { Composer } from "../../src/components/Composer";
import { MemberRow } from "../../src/components/MemberRow";
import { OnlineHere } from "../../src/components/OnlineHere";
import { RoomHeader } from "../../src/components/RoomHeader";
import { RoomList } from "../../src/components/RoomList";
import { RoomMenu } from "../../src/components/RoomMenu";
import { TypingLine } from "../../src/components/TypingLine";
import type { PresenceView } from "../../src/state/presence";
import { powerOver } from "../../src/state/rights";
import { ADA, CROWD, ENDLESS, GRACE, LINUS, messageOf } from "../samples";
import type { Specimens } from "../specimens";
import { nothing, talk } from "./ada";

const LOOK = { open: nothing, onDate: nothing, more: ["files", "settings"], openReports: 0 } as const;
const THERE: PresenceView = { online: 2, users: new Set([ADA.id, GRACE.id]) };

function composer(draft: string, extra: Partial<Parameters<typeof Composer>[0]> = {}): ReactNode {
  return <Composer placeholder="Message General" draft={draft} people={talk.people} onDraft={nothing} onSend={refuse} onFiles={nothing} {...extra} />;
}

function refuse(): boolean {
  return false;
}

function person(member: Partial<Member>, isOnline: boolean | null = null): ReactNode {
  const shown: Member = { user: GRACE, role: "member", muted_until_ms: null, ...member };
  return (
    <ul className="people">
      <MemberRow
        member={shown}
        isMe={shown.user.id === ADA.id}
        isOnline={isOnline}
        power={powerOver(shown, ADA.id, "owner")}
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
      "somebody else, who is there": person({}, true),
      "who is not": person({ user: LINUS }, false),
      muted: person({ user: LINUS, role: "moderator", muted_until_ms: NOON_MS }),
      "with a long name": person({ user: { id: "endless", name: ENDLESS } }),
    },
  },
  "components/OnlineHere": {
    states: {
      "of a room": <OnlineHere entry={{ kind: "public", title: "General" }} presence={THERE} />,
      "of very many": <OnlineHere entry={{ kind: "public", title: "General" }} presence={{ online: 12_000, users: null }} />,
      "of one other": <OnlineHere entry={{ kind: "direct", title: GRACE.id }} presence={THERE} />,
      "of one other who is not there": <OnlineHere entry={{ kind: "direct", title: LINUS.id }} presence={THERE} />,
    },
  },
  "components/RoomHeader": {
    states: {
      "with who is there": (
        <RoomHeader title="General" isPrivate={false} look={LOOK} presence={<OnlineHere entry={{ kind: "public", title: "General" }} presence={THERE} />} />
      ),
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
  "components/RoomMenu": {
    states: {
      "nothing waits": <RoomMenu panels={LOOK.more} openReports={0} onOpen={nothing} />,
      "reports wait": <RoomMenu panels={["files", "reports", "settings"]} openReports={3} onOpen={nothing} />,
    },
  },
  "components/TypingLine": {
    states: { one: <TypingLine typists={[GRACE]} />, two: <TypingLine typists={[GRACE, LINUS]} />, many: <TypingLine typists={CROWD} /> },
  },
};

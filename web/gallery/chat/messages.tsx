/** What stands in a room's column, and what comes with a message. */

import type { Author, Message } from "@agent-chat/client/frames";
import { RoomLog } from "@agent-chat/client/log";
import type { OutgoingMessage } from "@agent-chat/client/outbox";
import type { Paging } from "@agent-chat/client/roomView";
import { NOON_MS } from "@agent-chat/client/testing/archive";
import type { ReactNode } from "react";

import { EditForm } from "../../src/components/EditForm";
import { LogRow, type RowActions } from "../../src/components/LogRow";
import { MessageCard } from "../../src/components/MessageCard";
import { MessageList } from "../../src/components/MessageList";
import { BubbleRow, MessageRow } from "../../src/components/MessageRow";
import { MessageText } from "../../src/components/MessageText";
import { MessageToolbar } from "../../src/components/MessageToolbar";
import { OutgoingRow, UploadRow } from "../../src/components/OutgoingRow";
import { Quote } from "../../src/components/Quote";
import { Reactions } from "../../src/components/Reactions";
import { ReadBy } from "../../src/components/ReadBy";
import { buildTimeline, type Row } from "../../src/state/timeline";
import type { Upload } from "../../src/state/uploads";
import {
  ADA,
  CROWD,
  DOCUMENT,
  ENDLESS,
  GRACE,
  INTERRUPTED,
  LANDSCAPE,
  LIKED,
  LINUS,
  MARKED_UP,
  messageOf,
  mine,
  MUTED,
  outgoing,
  PORTRAIT,
  REJECTED,
  SOUND,
  uploadOf,
  VIDEO,
  withMedia,
} from "../samples";
import type { Specimens } from "../specimens";
import { Hers, nothing } from "./ada";

const ACTIONS: RowActions = {
  onRefill: nothing,
  onRetryMessage: nothing,
  onDiscardMessage: nothing,
  onRetryUpload: nothing,
  onDiscardUpload: nothing,
};

interface Told {
  readonly quoted?: Message | null;
  readonly replies?: number;
  readonly isEdited?: boolean;
  readonly readers?: readonly Author[];
}

function message(shown: Message, { replies = 0, isEdited = false, ...rest }: Told = {}): ReactNode {
  return <MessageRow message={shown} isHead replies={replies} isEdited={isEdited} {...rest} />;
}

function row(shown: Row, fillFailed = false): ReactNode {
  return <LogRow row={shown} actions={ACTIONS} fillFailed={fillFailed} quoted={undefined} isEdited={false} readers={undefined} />;
}

function onItsWay(shown: OutgoingMessage): ReactNode {
  return <OutgoingRow message={shown} me={ADA} isHead onRetry={nothing} onDiscard={nothing} />;
}

function upload(shown: Upload): ReactNode {
  return <UploadRow upload={shown} me={ADA} isHead onRetry={nothing} onDiscard={nothing} />;
}

interface Shown {
  readonly messages?: readonly Message[];
  readonly older?: Paging;
  readonly newer?: Paging | null;
}

/** A list whose first place is the end, as in a room that is entered. */
function list({ messages = [], older = "idle", newer = null }: Shown): ReactNode {
  const log = RoomLog.empty.with(messages);
  const rows = buildTimeline({ log, notices: [], outgoing: [], uploads: [], pending: [], myId: ADA.id, readSeq: null });
  return (
    <div className="specimen__column">
      <MessageList
        title="General"
        rows={rows}
        log={log}
        isLoading={messages.length === 0}
        older={older}
        newer={newer}
        fillFailed={false}
        quotes={new Map()}
        readers={new Map()}
        edited={null}
        target={null}
        onReached={nothing}
        actions={ACTIONS}
        onNeedOlder={nothing}
        onNeedNewer={nothing}
        onNewest={nothing}
        onSeen={nothing}
      />
    </div>
  );
}

/** Beside the bubble that they have read. */
function readBy(readers: readonly Author[]): ReactNode {
  return (
    <div className="message__line specimen__bubble">
      <ReadBy readers={readers} />
    </div>
  );
}

const TALK = [messageOf(1), messageOf(2, { text: "And then we went home." }), mine(3), LIKED, { ...withMedia(LANDSCAPE, "The view"), seq: 5 }];

export const MESSAGES: Specimens = {
  "components/EditForm": { states: { "one's own text": <EditForm message={mine(1)} /> } },
  "components/LogRow": {
    states: {
      "a day": row({ type: "day", key: "day", atMs: NOON_MS }),
      "what is new": row({ type: "unread", key: "unread" }),
      "a gap being filled": row({ type: "gap", key: "gap", missing: 12 }),
      "a gap that could not be filled": row({ type: "gap", key: "gap", missing: 12 }, true),
      "somebody came": row({
        type: "notice",
        key: "notice",
        notice: {
          key: "notice",
          afterSeq: 1,
          event: { type: "member", room: "general", user: LINUS, change: "invited", role: "member", muted_until_ms: null, by: GRACE },
        },
      }),
      "the beginning": row({ type: "beginning", key: "beginning" }),
      "a message": row({ type: "message", key: "1", message: messageOf(1), isHead: true, replies: 0 }),
      "one on its way": row({ type: "outgoing", key: "o", message: outgoing(), isHead: true }),
      "an upload": row({ type: "upload", key: "u", upload: uploadOf(), isHead: true }),
    },
  },
  "components/MessageCard": {
    states: {
      "words that were looked for": (
        <MessageCard message={messageOf(1, { text: "The plan for Thursday" })} marked={["plan"]} testId="card" onOpen={nothing} />
      ),
      "a long one": <MessageCard message={messageOf(2, { text: ENDLESS })} testId="card" onOpen={nothing} />,
      "nobody's": <MessageCard message={messageOf(3, { from: null })} testId="card" onOpen={nothing} />,
    },
  },
  "components/MessageList": {
    states: {
      "at the newest": list({ messages: TALK }),
      "while the first page comes": list({}),
      "in the history, where neither way goes on": list({ messages: TALK, older: "failed", newer: "failed" }),
    },
  },
  "components/MessageRow": {
    states: {
      "somebody else's": message(messageOf(1)),
      "one's own, read by two": message(mine(2), { readers: CROWD.slice(0, 2) }),
      "below another of the same": <MessageRow message={messageOf(3)} isHead={false} replies={0} isEdited={false} />,
      "marked up, and to all": message(MARKED_UP),
      "an endless word": message(messageOf(4, { text: ENDLESS })),
      "right to left": message(messageOf(5, { text: "שלום, מה שלומך?" })),
      edited: message(messageOf(6, { version: 2, changed_at_ms: NOON_MS })),
      "being edited": message(mine(7), { isEdited: true }),
      deleted: message(messageOf(8, { kind: "deleted", text: "" })),
      "of a newer server": message(messageOf(9, { kind: "unknown" })),
      "pinned, with reactions and a thread": message({ ...LIKED, pinned: true }, { replies: 3 }),
      "an answer": message(mine(10, { reply_to: 1 }), { quoted: messageOf(1) }),
      "an image with words": message(withMedia(LANDSCAPE, "The view from up there")),
      "a high image": message(withMedia(PORTRAIT)),
      "a video": message(withMedia(VIDEO)),
      "a sound": message(withMedia(SOUND)),
      "a document": message(withMedia(DOCUMENT)),
      "failed, of the frame alone": (
        <BubbleRow author={ADA} isMine isHead atMs={NOON_MS} state="failed" footer={<p className="message__failure">Not sent</p>}>
          <MessageText text="A text" />
        </BubbleRow>
      ),
    },
  },
  "components/MessageText": {
    states: {
      plain: <MessageText text="A text" />,
      "with all that there is": <MessageText text={MARKED_UP.text} mentions={MARKED_UP.mentions} isToRoom myId={ADA.id} />,
    },
  },
  "components/MessageToolbar": {
    states: {
      "of somebody else's": (
        <div className="specimen__room">
          <MessageToolbar message={messageOf(1)} onHold={nothing} />
        </div>
      ),
      "for who may only read": (
        <Hers rank="reader">
          <div className="specimen__room">
            <MessageToolbar message={messageOf(1)} onHold={nothing} />
          </div>
        </Hers>
      ),
    },
  },
  "components/OutgoingRow": {
    states: {
      "a message on its way": onItsWay(outgoing()),
      "one that was refused": onItsWay(outgoing({ failure: MUTED })),
      "an upload": upload(uploadOf()),
      "one that the server works on": upload(uploadOf({ phase: "processing" })),
      "one that was rejected": upload(REJECTED),
      "one that waits for its file": upload(INTERRUPTED),
    },
  },
  "components/Quote": {
    states: {
      "a message": <Quote seq={1} message={messageOf(1)} />,
      "not here yet": <Quote seq={1} message={undefined} />,
      "not to be had": <Quote seq={1} message={null} />,
    },
  },
  "components/Reactions": {
    states: {
      "some, and one's own": <Reactions message={LIKED} />,
      "for who may only read": (
        <Hers rank="reader">
          <Reactions message={LIKED} />
        </Hers>
      ),
    },
  },
  "components/ReadBy": {
    states: { one: readBy([GRACE]), "more than fit": readBy(CROWD) },
  },
};

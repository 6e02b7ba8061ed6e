import type { Room } from "@agent-chat/client/frames";
import { useCallback, useMemo } from "react";

import type { RowActions } from "../components/LogRow";
import { MessageList } from "../components/MessageList";
import { useChat } from "../hooks/useChat";
import { useStore } from "../hooks/useStore";
import { useUnreadMark } from "../hooks/useUnreadMark";
import { useWords } from "../hooks/useWords";
import type { Conversation } from "../state/conversation";
import { buildTimeline, placeReaders } from "../state/timeline";

interface RoomMessagesProps {
  readonly talk: Conversation;
  /** As the list has it; null while that is not here. */
  readonly entry: Room | null;
  readonly title: string;
  readonly edited: number | null;
}

/** The messages of a room: its newest, or those where somebody looks at its history. */
export function RoomMessages({ talk, title, entry, edited }: RoomMessagesProps) {
  const chat = useChat();
  const words = useWords();
  const { id } = talk.room;
  const view = useStore(talk.room.view);
  const past = useStore(talk.excursion.view);
  const quotes = useStore(talk.quotes.view);
  const readers = useStore(talk.readers.view);
  const target = useStore(talk.target);
  const pending = useStore(chat.pending);
  const allOutgoing = useStore(chat.outgoing);
  const allUploads = useStore(chat.uploads.all);
  const readSeq = useUnreadMark(entry?.member === true ? entry.read_seq : null, entry?.unread ?? 0);
  const actions = useRowActions(talk);
  const log = past?.log ?? view.log;
  const isPast = past !== null;
  const outgoing = useMemo(() => (isPast ? [] : allOutgoing.filter((it) => it.room === id)), [isPast, allOutgoing, id]);
  const uploads = useMemo(() => (isPast ? [] : allUploads.filter((it) => it.room === id)), [isPast, allUploads, id]);
  const notices = isPast ? NO_NOTICES : view.notices;
  const rows = useMemo(
    () => buildTimeline({ log, notices, outgoing, uploads, pending, myId: chat.me.id, readSeq }),
    [log, notices, outgoing, uploads, pending, chat.me.id, readSeq],
  );
  const placed = useMemo(() => placeReaders(rows, isPast ? [] : readers, chat.me.id), [rows, isPast, readers, chat.me.id]);
  const onSeen = useCallback(
    (seq: number) => {
      chat.see(id, seq);
    },
    [chat, id],
  );
  const onReached = useCallback(() => {
    talk.target.set(null);
  }, [talk]);
  const onNeedOlder = useCallback(() => void (isPast ? talk.excursion.loadOlder() : talk.room.loadOlder()), [talk, isPast]);
  const onNeedNewer = useCallback(() => void talk.excursion.loadNewer(), [talk]);

  if (view.phase === "ready" && view.log.lastSeq === 0 && outgoing.length === 0 && uploads.length === 0) {
    return (
      <div className="empty">
        <p className="empty__title">{words.room.empty}</p>
        <p>{words.room.emptyHint}</p>
      </div>
    );
  }
  return (
    <MessageList
      title={title}
      rows={rows}
      log={log}
      isLoading={view.phase === "entering"}
      older={past?.older ?? view.older}
      newer={past?.newer ?? null}
      fillFailed={view.fillFailed}
      quotes={quotes}
      readers={placed}
      edited={edited}
      target={target}
      onReached={onReached}
      actions={actions}
      onNeedOlder={onNeedOlder}
      onNeedNewer={onNeedNewer}
      onNewest={() => {
        talk.excursion.close();
      }}
      onSeen={onSeen}
    />
  );
}

const NO_NOTICES: readonly never[] = [];

function useRowActions(talk: Conversation): RowActions {
  const chat = useChat();
  return useMemo(
    () => ({
      onRefill: () => {
        talk.room.refill();
      },
      onRetryMessage: (it: string) => {
        chat.outbox.retry(it);
      },
      onDiscardMessage: (it: string) => {
        chat.outbox.remove(it);
      },
      onRetryUpload: (it: string) => {
        chat.uploads.retry(it);
      },
      onDiscardUpload: (it: string) => {
        chat.uploads.remove(it);
      },
    }),
    [chat, talk],
  );
}

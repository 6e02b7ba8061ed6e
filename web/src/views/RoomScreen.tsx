import { type DragEvent, useCallback, useMemo, useState } from "react";

import { Composer } from "../components/Composer";
import { Icon } from "../components/Icon";
import { Lightbox } from "../components/Lightbox";
import { MessageList } from "../components/MessageList";
import { useChat } from "../hooks/useChat";
import { useStore } from "../hooks/useStore";
import { useWords } from "../hooks/useWords";
import type { Media } from "../protocol/frames";
import { goTo } from "../state/route";
import { describePace, explain } from "../state/wording";

/** One room: its messages and where to write. Mounted anew for each room. */
export function RoomScreen({ id }: { readonly id: string }) {
  const chat = useChat();
  const room = chat.room(id);
  const view = useStore(room.view);
  const { rooms } = useStore(chat.directory.view);
  const entry = rooms?.find((it) => it.room === id);
  const title = entry?.title ?? id;

  if (view.phase === "refused") return <Refused title={title} failure={view.failure} />;
  return <RoomStage id={id} title={title} isPrivate={entry?.kind === "private"} />;
}

interface RoomStageProps {
  readonly id: string;
  readonly title: string;
  readonly isPrivate: boolean;
}

function RoomStage({ id, title, isPrivate }: RoomStageProps) {
  const chat = useChat();
  const words = useWords();
  const room = chat.room(id);
  const view = useStore(room.view);
  const allOutgoing = useStore(chat.outgoing);
  const allUploads = useStore(chat.uploads.all);
  const outgoing = useMemo(() => allOutgoing.filter((it) => it.room === id), [allOutgoing, id]);
  const uploads = useMemo(() => allUploads.filter((it) => it.room === id), [allUploads, id]);
  const isForgetful = useStore(chat.isForgetful);
  const [opened, setOpened] = useState<Media | null>(null);
  const closeImage = useCallback(() => {
    setOpened(null);
  }, []);
  const send = useCallback((files: File[]) => {
    chat.uploads.add(id, files);
  }, [chat, id]);
  const { isOver, ...drop } = useFileDrop(send);
  const onNeedOlder = useCallback(() => void room.loadOlder(), [room]);
  const onSeen = useCallback((seq: number) => {
    chat.see(id, seq);
  }, [chat, id]);

  const pace = describePace(words, view.step);
  const isEmpty = view.phase === "ready" && view.log.lastSeq === 0 && outgoing.length === 0 && uploads.length === 0;
  return (
    <div className="room" data-testid="room-screen" data-room={id} {...drop}>
      <RoomHeader title={title} isPrivate={isPrivate} />
      {pace !== null && (
        <p className="notice" role="status" data-testid="pace">
          {pace}
        </p>
      )}
      {isForgetful && (
        <p className="notice" role="status" data-testid="forgetful">
          This browser keeps nothing for this page: what is not sent yet is lost when you close it.
        </p>
      )}
      {isEmpty ? (
        <div className="empty">
          <p className="empty__title">{words.room.empty}</p>
          <p>{words.room.emptyHint}</p>
        </div>
      ) : (
        <MessageList
          title={title}
          view={view}
          me={chat.me}
          outgoing={outgoing}
          uploads={uploads}
          onNeedOlder={onNeedOlder}
          onRefill={() => {
            room.refill();
          }}
          onRetryMessage={(it) => {
            chat.outbox.retry(it);
          }}
          onDiscardMessage={(it) => {
            chat.outbox.remove(it);
          }}
          onRetryUpload={(it) => {
            chat.uploads.retry(it);
          }}
          onDiscardUpload={(it) => {
            chat.uploads.remove(it);
          }}
          onOpenImage={setOpened}
          onSeen={onSeen}
        />
      )}
      <Composer
        roomTitle={title}
        draft={chat.drafts.get(id)}
        onDraft={(text) => {
          chat.drafts.set(id, text);
        }}
        onSend={(text) => chat.outbox.add(id, text)}
        onFiles={send}
      />
      {isOver && <div className="drop-hint">{words.room.dropHint(title)}</div>}
      {opened !== null && <Lightbox media={opened} onClose={closeImage} />}
    </div>
  );
}

function RoomHeader({ title, isPrivate }: { readonly title: string; readonly isPrivate: boolean }) {
  const { room } = useWords();
  return (
    <header className="room__header">
      <button
        type="button"
        className="icon-button room__back"
        aria-label={room.back}
        onClick={() => {
          goTo(null);
        }}
      >
        <Icon name="back" />
      </button>
      <h1 className="room__title" data-testid="room-title">
        {title}
      </h1>
      {isPrivate && (
        <span className="room__kind">
          <Icon name="lock" /> {room.private}
        </span>
      )}
    </header>
  );
}

function Refused({ title, failure }: { readonly title: string; readonly failure: Error | null }) {
  const words = useWords();
  return (
    <div className="room">
      <RoomHeader title={title} isPrivate={false} />
      <div className="empty" role="alert" data-testid="room-refused">
        <p className="empty__title">{words.room.refused}</p>
        <p>{explain(words, failure)}</p>
      </div>
    </div>
  );
}

/** Files dragged over an element and let go there. */
function useFileDrop(onFiles: (files: File[]) => void) {
  // Moving between the element's children leaves one and enters another: only the balance tells.
  const [depth, setDepth] = useState(0);
  const withFiles = (event: DragEvent, act: () => void): void => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    act();
  };
  return {
    isOver: depth > 0,
    onDragEnter: (event: DragEvent) => {
      withFiles(event, () => {
        setDepth((it) => it + 1);
      });
    },
    onDragLeave: (event: DragEvent) => {
      withFiles(event, () => {
        setDepth((it) => Math.max(0, it - 1));
      });
    },
    onDragOver: (event: DragEvent) => {
      withFiles(event, () => undefined);
    },
    onDrop: (event: DragEvent) => {
      withFiles(event, () => {
        setDepth(0);
        onFiles([...event.dataTransfer.files]);
      });
    },
  };
}

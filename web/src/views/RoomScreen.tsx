import type { Room } from "@agent-chat/client/frames";
import { Suspense, useCallback, useEffect, useMemo } from "react";

import { Announcer } from "../components/Announcer";
import { Composer } from "../components/Composer";
import { Lightbox } from "../components/Lightbox";
import { OnlineHere } from "../components/OnlineHere";
import { RoomHeader } from "../components/RoomHeader";
import { Told } from "../components/Told";
import { TypingLine } from "../components/TypingLine";
import { useChat } from "../hooks/useChat";
import { useFileDrop } from "../hooks/useFileDrop";
import { MessageActionsContext } from "../hooks/useMessageActions";
import { useOpenReports } from "../hooks/useOpenReports";
import { type HeaderPanel, type MenuPanel, type RoomActions, useRoomActions } from "../hooks/useRoomActions";
import { useRoomPresence } from "../hooks/useRoomPresence";
import { useStore } from "../hooks/useStore";
import { useWords } from "../hooks/useWords";
import type { Conversation } from "../state/conversation";
import type { PresenceView } from "../state/presence";
import { mayWrite, moderates } from "../state/rights";
import { forgetMessage, messageRoute } from "../state/route";
import { describePace, explain } from "../state/wording";
import { RoomMessages } from "./RoomMessages";
import { AskedDialog, FilesPanel, PeoplePanel, PinsPanel, ReportsPanel, SearchPanel, SettingsPanel, ThreadPanel } from "./panels";

/** One room: its messages and where to write. Mounted anew for each room. */
export function RoomScreen({ id }: { readonly id: string }) {
  const chat = useChat();
  const view = useStore(chat.room(id).view);
  const { rooms } = useStore(chat.directory.view);
  const entry = rooms?.find((it) => it.room === id) ?? null;
  const title = entry?.title ?? id;

  if (view.phase === "refused") return <Refused title={title} failure={view.failure} />;
  return <RoomStage talk={chat.conversation(id)} entry={entry} title={title} />;
}

interface RoomStageProps {
  readonly talk: Conversation;
  /** As the list has it; null while that is not here. */
  readonly entry: Room | null;
  readonly title: string;
}

function RoomStage({ talk, entry, title }: RoomStageProps) {
  const chat = useChat();
  const words = useWords();
  const { id } = talk.room;
  const role = entry?.role ?? null;
  const doing = useRoomActions(chat, talk, role);
  const { setPanel, tell } = doing;
  const openReports = useOpenReports(talk, entry?.kind !== "direct" && moderates(role));
  const presence = useRoomPresence(talk, role !== null);
  useRefusals(id, tell);
  useMessageInAddress(id, talk, doing.jump);
  const addFiles = useCallback(
    (files: File[]) => {
      chat.uploads.add(id, files);
    },
    [chat, id],
  );
  const { isOver, handlers } = useFileDrop(addFiles);
  const look = useMemo(
    () => ({
      open: (kind: HeaderPanel) => {
        setPanel({ kind });
      },
      more: menuOf(entry?.kind ?? null, role),
      openReports,
      onDate: (atMs: number) => {
        talk.jumpTo(atMs).catch((error: unknown) => {
          tell(words.messages.undone.jump(explain(words, error)));
        });
      },
    }),
    [talk, entry?.kind, role, openReports, setPanel, tell, words],
  );

  return (
    <MessageActionsContext value={doing.actions}>
      <div className="room" data-testid="room-screen" data-room={id} data-panel={doing.panel?.kind} {...handlers}>
        <div className="room__main">
          <RoomHeader
            title={title}
            isPrivate={entry?.kind === "private"}
            presence={presence !== null && entry !== null && <OnlineHere entry={entry} presence={presence} />}
            look={look}
          />
          <Pace talk={talk} />
          <Forgetful />
          <RoomMessages talk={talk} title={title} entry={entry} edited={doing.edited} />
          <Heard talk={talk} />
          <Told told={doing.told} tell={tell} />
          <RoomComposer talk={talk} title={title} role={role} doing={doing} onFiles={addFiles} />
        </div>
        <Suspense fallback={null}>
          <SidePanel talk={talk} entry={entry} presence={presence} doing={doing} />
          {doing.asked !== null && <AskedDialog talk={talk} asked={doing.asked} onTold={tell} onClose={doing.endAsked} />}
        </Suspense>
        {isOver && <div className="drop-hint">{words.room.dropHint(title)}</div>}
        {doing.opened !== null && <Lightbox media={doing.opened} onClose={doing.endOpened} />}
      </div>
    </MessageActionsContext>
  );
}

/** Nothing is set for two people, and there is nothing at all for who is not in the room. */
function menuOf(kind: Room["kind"] | null, role: Room["role"]): MenuPanel[] {
  if (role === null) return [];
  if (kind === "direct") return ["files"];
  return moderates(role) ? ["files", "reports", "settings"] : ["files", "settings"];
}

/** What a busy room goes without, or that somebody looks at its history. */
function Pace({ talk }: { readonly talk: Conversation }) {
  const words = useWords();
  const { step, isTailed } = useStore(talk.room.view);
  const pace = describePace(words, step, isTailed);
  if (pace === null) return null;
  return (
    <p className="notice" role="status" data-testid="pace">
      {pace}
    </p>
  );
}

/** That this browser keeps nothing. */
function Forgetful() {
  const { forgetful } = useWords().messages;
  const isForgetful = useStore(useChat().isForgetful);
  if (!isForgetful) return null;
  return (
    <p className="notice" role="status" data-testid="forgetful">
      {forgetful}
    </p>
  );
}

interface RoomComposerProps {
  readonly talk: Conversation;
  readonly title: string;
  readonly role: Room["role"];
  readonly doing: RoomActions;
  readonly onFiles: (files: File[]) => void;
}

function RoomComposer({ talk, title, role, doing, onFiles }: RoomComposerProps) {
  const chat = useChat();
  const words = useWords();
  const typists = useStore(talk.typists.view);
  const { answering, endAnswer, actions } = doing;
  const { id } = talk.room;
  if (!mayWrite(role)) return <p className="composer--closed">{words.messages.composer.readOnly}</p>;
  return (
    <>
      <TypingLine typists={typists} />
      <Composer
        placeholder={words.room.composer.placeholder(title)}
        draft={chat.drafts.get(id)}
        people={talk.people}
        answering={answering}
        onCancelAnswer={endAnswer}
        onDraft={(text) => {
          chat.drafts.set(id, text);
          if (text !== "") talk.typing.wrote();
        }}
        onSend={(text) => {
          const answers = answering === null ? null : { seq: answering.seq, thread: answering.thread ?? answering.seq };
          const isTaken = chat.outbox.add(id, text, answers) !== null;
          talk.excursion.close();
          if (isTaken) endAnswer();
          return isTaken;
        }}
        onFiles={onFiles}
        onEditLast={() => {
          const last = talk.room.view.get().log.messages.findLast((it) => it.kind === "text" && it.from?.id === chat.me.id);
          if (last !== undefined) actions.edit(last);
        }}
      />
    </>
  );
}

function SidePanel({
  talk,
  entry,
  presence,
  doing: { panel, setPanel, jump, edited },
}: {
  readonly talk: Conversation;
  readonly entry: Room | null;
  readonly presence: PresenceView | null;
  readonly doing: RoomActions;
}) {
  const close = useCallback(() => {
    setPanel(null);
  }, [setPanel]);
  const leaveTo = useCallback(
    (seq: number) => {
      jump(seq);
      if (window.matchMedia("(width < 1000px)").matches) close(); // it stands over the messages there
    },
    [jump, close],
  );
  switch (panel?.kind) {
    case undefined:
      return null;
    case "search":
      return <SearchPanel talk={talk} onJump={leaveTo} onClose={close} />;
    case "people":
      return <PeoplePanel talk={talk} entry={entry} presence={presence} onClose={close} />;
    case "pins":
      return <PinsPanel talk={talk} onJump={leaveTo} onClose={close} />;
    case "files":
      return <FilesPanel talk={talk} onJump={leaveTo} onClose={close} />;
    case "reports":
      return <ReportsPanel talk={talk} onJump={leaveTo} onClose={close} />;
    case "settings":
      return <SettingsPanel talk={talk} entry={entry} onClose={close} />;
    case "thread":
      return <ThreadPanel key={panel.root} talk={talk} root={panel.root} edited={edited} onClose={close} />;
  }
}

function Heard({ talk }: { readonly talk: Conversation }) {
  return <Announcer heard={useStore(talk.heard)} />;
}

/** Says why a change in this room was taken back. */
function useRefusals(room: string, tell: (words: string) => void): void {
  const chat = useChat();
  const words = useWords();
  const refused = useStore(chat.refused);
  useEffect(() => {
    if (refused?.pending.message.room !== room) return;
    chat.refused.set(null);
    tell(words.messages.undone[refused.pending.wish.kind](explain(words, refused.error)));
  }, [chat, refused, room, tell, words]);
}

/** Goes to the message that the page's address names, once the room is here. */
function useMessageInAddress(room: string, talk: Conversation, jump: (seq: number) => void): void {
  const seq = useStore(messageRoute);
  const { phase } = useStore(talk.room.view);
  useEffect(() => {
    if (seq === null || phase !== "ready") return;
    jump(seq);
    forgetMessage(room);
  }, [seq, phase, jump, room]);
}

function Refused({ title, failure }: { readonly title: string; readonly failure: Error | null }) {
  const words = useWords();
  return (
    <div className="room">
      <div className="room__main">
        <RoomHeader title={title} isPrivate={false} />
        <div className="empty" role="alert" data-testid="room-refused">
          <p className="empty__title">{words.room.refused}</p>
          <p>{explain(words, failure)}</p>
        </div>
      </div>
    </div>
  );
}

import { useCallback, useEffect, useState } from "react";

import { Avatar } from "../components/Avatar";
import { ConnectionBanner, ConnectionDot } from "../components/ConnectionState";
import { Icon } from "../components/Icon";
import { RoomList } from "../components/RoomList";
import { ChatContext, useChat } from "../hooks/useChat";
import { useStore } from "../hooks/useStore";
import { useWords } from "../hooks/useWords";
import type { Session } from "../protocol/api";
import { Chat } from "../state/chat";
import { route } from "../state/route";
import { explain } from "../state/wording";
import { CreateRoom } from "./CreateRoom";
import { RoomScreen } from "./RoomScreen";

interface ChatScreenProps {
  readonly session: Session;
  readonly onSignOut: () => void;
  readonly onSessionEnded: () => void;
}

/** Everything behind the sign-in. Mounted anew for each session. */
export function ChatScreen({ session, onSignOut, onSessionEnded }: ChatScreenProps) {
  const [chat] = useState(() => new Chat(session, onSessionEnded));
  const roomId = useStore(route);
  const status = useStore(chat.status);
  useEffect(() => {
    chat.start();
    return () => {
      chat.stop();
    };
  }, [chat]);
  useEffect(() => {
    chat.show(roomId);
  }, [chat, roomId]);

  return (
    <ChatContext value={chat}>
      <div className="shell" data-view={roomId === null ? "rooms" : "room"}>
        <Sidebar
          current={roomId}
          onSignOut={() => {
            void chat.forget();
            onSignOut();
          }}
        />
        <main className="stage">
          <ConnectionBanner
            status={status}
            onRetry={() => {
              chat.reconnect();
            }}
          />
          {roomId === null ? <NoRoom /> : <RoomScreen key={roomId} id={roomId} />}
        </main>
      </div>
    </ChatContext>
  );
}

interface SidebarProps {
  readonly current: string | null;
  readonly onSignOut: () => void;
}

function Sidebar({ current, onSignOut }: SidebarProps) {
  const { rooms, shell } = useWords();
  const [isCreating, setIsCreating] = useState(false);
  const closeDialog = useCallback(() => {
    setIsCreating(false);
  }, []);
  return (
    <aside className="sidebar">
      <header className="sidebar__header">
        <img src="/icon.svg" width={28} height={28} alt="" />
        <span className="sidebar__brand">{shell.brand}</span>
        <button
          type="button"
          className="icon-button"
          data-testid="create-room"
          aria-label={rooms.create.title}
          title={rooms.create.title}
          onClick={() => {
            setIsCreating(true);
          }}
        >
          <Icon name="plus" />
        </button>
      </header>
      <Rooms current={current} />
      <Me onSignOut={onSignOut} />
      {isCreating && <CreateRoom onClose={closeDialog} />}
    </aside>
  );
}

function Rooms({ current }: { readonly current: string | null }) {
  const chat = useChat();
  const words = useWords();
  const { rooms, failure } = useStore(chat.directory.view);
  if (rooms === null && failure === null) {
    return (
      <div className="rooms skeleton" role="status" aria-label={words.rooms.loading}>
        {[1, 2, 3].map((it) => (
          <span key={it} className="skeleton__room" />
        ))}
      </div>
    );
  }
  if (rooms === null) {
    return (
      <div className="rooms rooms--note" role="alert">
        <p>{explain(words, failure)}</p>
        <button type="button" className="text-button" onClick={() => void chat.directory.refresh()}>
          {words.shell.tryAgain}
        </button>
      </div>
    );
  }
  if (rooms.length === 0) return <p className="rooms rooms--note">{words.rooms.none}</p>;
  return <RoomList rooms={rooms} current={current} />;
}

function Me({ onSignOut }: Pick<SidebarProps, "onSignOut">) {
  const chat = useChat();
  const { shell } = useWords();
  const status = useStore(chat.status);
  return (
    <footer className="me" data-testid="me" data-user={chat.me.id}>
      <Avatar id={chat.me.id} name={chat.me.name} />
      <span className="me__name">{chat.me.name}</span>
      <span className="me__id">
        @{chat.me.id} <ConnectionDot status={status} />
      </span>
      <button
        type="button"
        className="icon-button"
        data-testid="sign-out"
        aria-label={shell.signOut}
        title={shell.signOut}
        onClick={onSignOut}
      >
        <Icon name="leave" />
      </button>
    </footer>
  );
}

function NoRoom() {
  const { shell } = useWords();
  return (
    <div className="empty" data-testid="no-room">
      <img className="empty__mark" src="/icon.svg" width={56} height={56} alt="" />
      <p className="empty__title">{shell.pickRoom}</p>
      <p>{shell.pickRoomHint}</p>
    </div>
  );
}

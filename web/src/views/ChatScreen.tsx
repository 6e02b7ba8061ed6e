import { Suspense, useCallback, useEffect, useMemo, useState } from "react";

import { Avatar } from "../components/Avatar";
import { ConnectionBanner, ConnectionDot } from "../components/ConnectionState";
import { IconButton } from "../components/IconButton";
import { RoomList } from "../components/RoomList";
import { ChatContext, useChat } from "../hooks/useChat";
import { type ShortcutHandlers, useShortcuts } from "../hooks/useShortcuts";
import { useStore } from "../hooks/useStore";
import { useWords } from "../hooks/useWords";
import { Chat } from "../state/chat";
import { neighbourOf } from "../state/destinations";
import { goTo, route } from "../state/route";
import type { SessionKeeper } from "../state/sessionKeeper";
import { explain } from "../state/wording";
import { CreateRoom } from "./CreateRoom";
import { GoToDialog, SettingsDialog, ShortcutsDialog } from "./dialogs";
import { RoomScreen } from "./RoomScreen";

/** What lies over the page. */
type Opened = "settings" | "goTo" | "shortcuts" | null;

/** Everything behind the sign-in. Mounted anew for each user. */
export default function ChatScreen({ keeper }: { readonly keeper: SessionKeeper }) {
  const [chat] = useState(() => openChat(keeper));
  const roomId = useStore(route);
  const status = useStore(chat.status);
  useEffect(() => {
    const release = keeper.start();
    chat.start();
    return () => {
      chat.stop();
      release();
    };
  }, [chat, keeper]);
  useEffect(() => {
    chat.show(roomId);
  }, [chat, roomId]);
  const [opened, setOpened] = useState<Opened>(null);
  const close = useCallback(() => {
    setOpened(null);
  }, []);
  useGettingAbout(chat, roomId, setOpened);
  const signOut = (): void => {
    void chat.forget();
    keeper.signOut().catch((error: unknown) => {
      console.warn("the issuer was not told of the sign-out:", error); // this page has forgotten the session
    });
  };

  return (
    <ChatContext value={chat}>
      <div className="shell" data-view={roomId === null ? "rooms" : "room"}>
        <Sidebar current={roomId} onSignOut={signOut} onOpen={setOpened} />
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
      <Suspense>
        {opened === "settings" && (
          <SettingsDialog
            keeper={keeper}
            onSignOut={signOut}
            onErased={() => {
              leaveErased(chat, keeper);
            }}
            onShortcuts={() => {
              setOpened("shortcuts");
            }}
            onClose={close}
          />
        )}
        {opened === "goTo" && <GoToDialog current={roomId} onClose={close} />}
        {opened === "shortcuts" && <ShortcutsDialog onClose={close} />}
      </Suspense>
    </ChatContext>
  );
}

function openChat(keeper: SessionKeeper): Chat {
  const chat = new Chat(keeper, (why) => {
    if (why === "erasing") {
      leaveErased(chat, keeper);
      return;
    }
    void keeper.refused().then((isRenewed) => {
      if (isRenewed) chat.reopen();
    });
  });
  return chat;
}

/** Keys that lead from room to room, or open something. */
function useGettingAbout(chat: Chat, current: string | null, open: (what: Opened) => void): void {
  const handlers = useMemo<ShortcutHandlers>(() => {
    const go = (step: -1 | 1, onlyUnread: boolean) => () => {
      const next = neighbourOf(current, step, chat.directory.view.get().rooms ?? [], ({ unread }) => !onlyUnread || unread > 0);
      if (next !== null) goTo(next);
    };
    return {
      goTo: () => {
        open("goTo");
      },
      list: () => {
        open("shortcuts");
      },
      previousRoom: go(-1, false),
      nextRoom: go(1, false),
      previousUnread: go(-1, true),
      nextUnread: go(1, true),
    };
  }, [chat, current, open]);
  useShortcuts(handlers);
}

interface SidebarProps {
  readonly current: string | null;
  readonly onSignOut: () => void;
  readonly onOpen: (what: Opened) => void;
}

function Sidebar({ current, onSignOut, onOpen }: SidebarProps) {
  const { keyboard, rooms, shell } = useWords();
  const [isCreating, setIsCreating] = useState(false);
  const closeDialog = useCallback(() => {
    setIsCreating(false);
  }, []);
  return (
    <aside className="sidebar">
      <header className="sidebar__header">
        <img src="/icon.svg" width={28} height={28} alt="" />
        <span className="sidebar__brand">{shell.brand}</span>
        <IconButton
          icon="search"
          label={keyboard.goTo.label}
          testId="open-go-to"
          onClick={() => {
            onOpen("goTo");
          }}
        />
        <IconButton
          icon="plus"
          label={rooms.create.title}
          testId="create-room"
          onClick={() => {
            setIsCreating(true);
          }}
        />
      </header>
      <Rooms current={current} />
      <Me onSignOut={onSignOut} onOpen={onOpen} />
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

function Me({ onSignOut, onOpen }: Omit<SidebarProps, "current">) {
  const chat = useChat();
  const { settings, shell } = useWords();
  const status = useStore(chat.status);
  return (
    <footer className="me" data-testid="me" data-user={chat.me.id}>
      <Avatar id={chat.me.id} name={chat.me.name} />
      <button
        type="button"
        className="me__name"
        data-testid="open-settings"
        title={settings.title}
        onClick={() => {
          onOpen("settings");
        }}
      >
        {chat.me.name}
      </button>
      <span className="me__id">
        @{chat.me.id} <ConnectionDot status={status} />
      </span>
      <IconButton icon="leave" label={shell.signOut} testId="sign-out" onClick={onSignOut} />
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

/** The account is being erased, wherever that was asked for: nothing of the user's is left in this browser. */
function leaveErased(chat: Chat, keeper: SessionKeeper): void {
  void chat.forgetEverywhere();
  keeper.endErased();
}

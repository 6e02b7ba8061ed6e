import type { Copy } from "@agent-chat/client/changes";
import type { Media, Message, Room } from "@agent-chat/client/frames";
import { useCallback, useMemo, useState } from "react";

import type { Chat } from "../state/chat";
import type { Conversation } from "../state/conversation";
import { explain } from "../state/wording";
import { words } from "../words/words";
import type { MessageActions } from "./useMessageActions";

/** What stands beside the messages. */
export type Panel = { readonly kind: HeaderPanel } | { readonly kind: "thread"; readonly root: number };

/** What stands in the room's menu. */
export type MenuPanel = "files" | "reports" | "settings";

/** What the room's header opens. */
export type HeaderPanel = "search" | "people" | "pins" | MenuPanel;

/** What is asked before it is done, or shown for itself. */
export interface Asked {
  readonly kind: "remove" | "report" | "inspect";
  readonly message: Copy;
}

export interface RoomActions {
  readonly actions: MessageActions;
  /** The message that the next one answers. */
  readonly answering: Message | null;
  readonly endAnswer: () => void;
  /** The number of the message that is being given another text. */
  readonly edited: number | null;
  readonly panel: Panel | null;
  readonly setPanel: (panel: Panel | null) => void;
  readonly asked: Asked | null;
  readonly endAsked: () => void;
  readonly opened: Media | null;
  readonly endOpened: () => void;
  /** What somebody should know, in words; null for nothing. */
  readonly told: string | null;
  readonly tell: (words: string | null) => void;
  readonly jump: (seq: number) => void;
}

/** What is being done with the messages of the room on screen. */
export function useRoomActions(chat: Chat, talk: Conversation, role: Room["role"]): RoomActions {
  const [answering, setAnswering] = useState<Message | null>(null);
  const [edited, setEdited] = useState<number | null>(null);
  const [panel, setPanel] = useState<Panel | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [opened, setOpened] = useState<Media | null>(null);
  const [told, tell] = useState<string | null>(null);

  const jump = useCallback(
    (seq: number) => {
      talk.jump(seq).catch((error: unknown) => {
        tell(words.get().messages.undone.jump(explain(words.get(), error)));
      });
    },
    [talk],
  );
  const actions = useMemo<MessageActions>(
    () => ({
      me: chat.me,
      role,
      jump,
      answer: setAnswering,
      openThread: (root) => {
        setPanel({ kind: "thread", root });
      },
      edit: ({ seq }) => {
        setEdited(seq);
      },
      finishEdit: (message, text) => {
        setEdited(null);
        if (text !== null && text !== message.text) chat.change(message, { kind: "edit", text });
      },
      remove: (message) => {
        setAsked({ kind: "remove", message });
      },
      report: (message) => {
        setAsked({ kind: "report", message });
      },
      inspect: (message) => {
        setAsked({ kind: "inspect", message });
      },
      react: (message, emoji) => {
        chat.change(message, { kind: "react", emoji, remove: message.mine?.includes(emoji) ?? false });
      },
      pin: (message) => {
        chat.change(message, { kind: "pin", remove: message.pinned });
      },
      copy: (text) => {
        void copy(text).then(tell);
      },
      wantQuote: (seq) => void talk.quotes.want(seq),
      openImage: setOpened,
    }),
    [chat, talk, role, jump],
  );
  return {
    actions,
    answering,
    endAnswer: useCallback(() => {
      setAnswering(null);
    }, []),
    edited,
    panel,
    setPanel,
    asked,
    endAsked: useCallback(() => {
      setAsked(null);
    }, []),
    opened,
    endOpened: useCallback(() => {
      setOpened(null);
    }, []),
    told,
    tell,
    jump,
  };
}

/** What came of it, in words. A page that is not served securely may not copy. */
async function copy(text: string): Promise<string> {
  const { actions } = words.get().messages;
  try {
    await navigator.clipboard.writeText(text);
    return actions.copied;
  } catch (error) {
    console.warn("nothing was copied:", error);
    return actions.notCopied;
  }
}

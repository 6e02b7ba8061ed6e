import type { Copy } from "@agent-chat/client/changes";
import type { Author, Media, Message, Room } from "@agent-chat/client/frames";
import { createContext, useContext } from "react";

/** What can be done with the messages of the room on screen. Stays the same object while the role does. */
export interface MessageActions {
  readonly me: Author;
  readonly role: Room["role"];
  readonly answer: (message: Message) => void;
  readonly openThread: (root: number) => void;
  /** Puts a field in the place of the text. */
  readonly edit: (message: Message) => void;
  /** Ends that; null keeps the text as it was. */
  readonly finishEdit: (message: Copy, text: string | null) => void;
  /** These three ask first. */
  readonly remove: (message: Copy) => void;
  readonly report: (message: Message) => void;
  readonly inspect: (message: Message) => void;
  /** Adds one's reaction, or takes it back. */
  readonly react: (message: Copy, emoji: string) => void;
  readonly pin: (message: Copy) => void;
  readonly copy: (text: string) => void;
  readonly jump: (seq: number) => void;
  /** The quoted message is not here: has it brought. */
  readonly wantQuote: (seq: number) => void;
  readonly openImage: (media: Media) => void;
}

export const MessageActionsContext = createContext<MessageActions | null>(null);

export function useMessageActions(): MessageActions {
  const actions = useContext(MessageActionsContext);
  if (actions === null) throw new Error("useMessageActions is for parts of a room on screen");
  return actions;
}

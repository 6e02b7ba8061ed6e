import { createContext, useContext } from "react";

import type { Chat } from "../state/chat";

export const ChatContext = createContext<Chat | null>(null);

/** The signed-in user's chat; only below `ChatScreen`. */
export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (chat === null) throw new Error("useChat is for views inside ChatScreen");
  return chat;
}

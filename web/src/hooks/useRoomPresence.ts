import { useEffect } from "react";

import type { Conversation } from "../state/conversation";
import type { PresenceView } from "../state/presence";
import { useReadAgain } from "./useReadAgain";
import { useStore } from "./useStore";

/** How often it is asked for besides, in ms: very large rooms are only counted, and without a socket nothing is told. */
export const PRESENCE_EVERY_MS = 60_000;

/** Who of the room is online, while it is on screen; null where that is not known, or `isMember` is false. */
export function useRoomPresence(talk: Conversation, isMember: boolean): PresenceView | null {
  const { presence, comings } = talk;
  const view = useStore(presence.view);
  const changes = useStore(comings);
  useReadAgain(talk, presence, PRESENCE_EVERY_MS, isMember);
  useEffect(() => {
    if (isMember && changes > 0) presence.outdate();
  }, [presence, isMember, changes]);
  return isMember ? view : null;
}

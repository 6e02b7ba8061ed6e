import type { Room } from "@agent-chat/client/frames";

import { useWords } from "../hooks/useWords";
import type { PresenceView } from "../state/presence";
import { PresenceMark } from "./PresenceMark";

interface OnlineHereProps {
  readonly entry: Pick<Room, "kind" | "title">;
  readonly presence: PresenceView;
}

/** Of two people whether the other is online, else how many are. Not a live region: nobody wants to hear each of them. */
export function OnlineHere({ entry, presence: { online, users } }: OnlineHereProps) {
  const { presence } = useWords().people;
  // A direct room is called by the other one's id.
  const isOnline = entry.kind === "direct" ? users?.has(entry.title) === true : online > 0;
  const directly = isOnline ? presence.online : presence.offline;
  const counted = users === null ? presence.open(online) : presence.count(online);
  return (
    <span className="room__presence" data-testid="online-here" data-online={online}>
      <PresenceMark isOnline={isOnline} /> {entry.kind === "direct" ? directly : counted}
    </span>
  );
}

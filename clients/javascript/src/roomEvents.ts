/** What of the server's events is for one open room, and which one. */

import type { ServerEvent } from "./frames.ts";
import type { OpenRoom } from "./room.ts";

/** The room that an event is about; null where it is about none. */
export function roomOf(event: ServerEvent): string | null {
  if ("message" in event) return event.message.room;
  return "room" in event ? event.room : null;
}

/** Has the room show what happened in it. `me` is whose page or program this is. */
export function tellRoom(room: OpenRoom, event: ServerEvent, me: string): void {
  switch (event.type) {
    case "message":
      room.receive(event.message);
      break;
    case "reactions_changed":
      room.change({ ...event, isOwn: event.user.id === me });
      break;
    case "message_changed":
    case "pins_changed":
      room.change(event);
      break;
    case "member":
      room.note(event);
      if (event.user.id === me) room.follow(event);
      break;
    case "room_changed":
      room.note(event);
      break;
    case "room_pace":
      room.pace(event);
      break;
    case "messages_skipped":
      room.skip(event);
      break;
    case "author_erased":
      room.erase(event.user);
      break;
    case "mention":
    case "room_activity":
    case "read":
    case "typing":
    case "receipts":
    case "presence":
    case "media_rejected":
      break; // not shown among its messages
  }
}

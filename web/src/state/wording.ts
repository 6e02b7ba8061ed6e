/** What happened, in words for the person at the screen and, where there is something to do about it, what. */

import { ChatError, CommandRefused, FileRejected } from "../protocol/errors";
import type { Author, MemberChanged, RoomChanged, RoomPace } from "../protocol/frames";
import type { Words } from "../words/words";

export function explain({ errors }: Words, error: unknown): string {
  if (error instanceof FileRejected && error.code === "media_rejected") return errors.mediaRejected(error.message);
  if (!(error instanceof ChatError)) return errors.notUnderstood;
  if (isKnown(errors.codes, error.code)) return errors.codes[error.code];
  // The server's own words for what it refuses (an invalid field, say) are meant to be read.
  return error instanceof CommandRefused && error.message !== "" ? error.message : errors.unnamed(error.code);
}

function isKnown<T extends object>(codes: T, code: string): code is keyof T & string {
  return Object.hasOwn(codes, code);
}

/** What a busy room goes without; null where that is nothing that anybody would miss here. */
export function describePace(words: Words, step: RoomPace["step"]): string | null {
  return step === "digest" ? words.room.digest : null;
}

/** What happened to a room or to somebody in it; `myId` is who reads it. */
export function describeNotice({ notices }: Words, event: MemberChanged | RoomChanged, myId: string): string {
  const person = ({ id, name }: Author) => ({ name, isMe: id === myId });
  const by = person(event.by);
  if (event.type === "room_changed") return notices.settings(by, event.slow_mode_s);
  const user = person(event.user);
  return event.change === "role" ? notices.role(user, event.role ?? "unknown") : notices[event.change](user, by);
}

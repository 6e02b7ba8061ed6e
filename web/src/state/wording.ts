/** What happened, in words for the person at the screen and, where there is something to do about it, what. */

import { ChatError, CommandRefused, FileRejected } from "@agent-chat/client/errors";
import type { Author, MemberChanged, Message, RoomChanged, RoomPace } from "@agent-chat/client/frames";

import { WalletError } from "../signIn/walletError";
import type { Words } from "../words/words";

export function explain({ errors }: Words, error: unknown): string {
  if (error instanceof FileRejected && error.code === "media_rejected") return errors.mediaRejected(error.message);
  if (error instanceof WalletError && error.code === "wallet_failed") return errors.walletFailed(error.message);
  if (!(error instanceof ChatError)) return errors.notUnderstood;
  if (isKnown(errors.codes, error.code)) return errors.codes[error.code];
  // The server's own words for what it refuses (an invalid field, say) are meant to be read.
  const isSaid = error instanceof CommandRefused || error.code === "invalid_field";
  return isSaid && error.message !== "" ? error.message : errors.unnamed(error.code);
}

function isKnown<T extends object>(codes: T, code: string): code is keyof T & string {
  return Object.hasOwn(codes, code);
}

/** What a busy room goes without; null where it is nothing. */
export function describePace({ room, messages }: Words, step: RoomPace["step"], isTailed: boolean): string | null {
  if (isTailed) return messages.pace.tail;
  switch (step) {
    case "full":
    case "unknown":
      return null;
    case "digest":
      return room.digest;
    case "no_typing":
    case "no_receipts":
    case "counts_only":
      return messages.pace[step];
  }
}

/** A message in one line. */
export function summaryOf({ room, messages }: Words, { kind, text, media }: Message): string {
  if (kind === "deleted") return room.message.deleted;
  return text === "" && media !== null ? messages.image : text.replaceAll(/\s+/gu, " ");
}

/** New messages of others, to be said aloud: one in full, more by their number. */
export function announce({ room, messages: words }: Words, messages: readonly Message[]): string {
  const [only] = messages;
  if (only === undefined) return "";
  if (messages.length > 1) return words.heard(messages.length);
  return room.log.said(only.from?.name ?? "", only.media === null ? only.text : room.log.sentImage);
}

/** What happened to a room or to somebody in it; `myId` is who reads it. */
export function describeNotice({ notices }: Words, event: MemberChanged | RoomChanged, myId: string): string {
  const person = ({ id, name }: Author) => ({ name, isMe: id === myId });
  const by = person(event.by);
  if (event.type === "room_changed") return notices.settings(by, event.slow_mode_s);
  const user = person(event.user);
  return event.change === "role" ? notices.role(user, event.role ?? "unknown") : notices[event.change](user, by);
}

/** What happened, in words for the person at the screen and, where there is something to do about it, what. */

import { ChatError, CommandRefused, FileRejected } from "../protocol/errors";
import type { MemberChanged, RoomChanged, RoomPace } from "../protocol/frames";

const WORDS: Readonly<Record<string, string>> = {
  offline: "You are offline at the moment.",
  network: "The server cannot be reached. Check your connection and try again.",
  timeout: "The server did not answer in time.",
  unavailable: "The server is busy. Try again in a moment.",
  internal: "Something went wrong on the server. Try again in a moment.",
  too_many_requests: "That was a lot at once. Try again in a moment.",
  unauthorized: "Your session has ended. Sign in again.",
  sign_in_unavailable: "Signing in with a name is not available here.",
  invalid_name: "Choose a name of 1 to 40 characters.",
  account_erasing: "This account’s data is being erased. Try again in a few minutes.",
  room_not_found: "This room does not exist.",
  not_allowed: "You are not allowed to do this here.",
  muted: "You cannot write here for the moment.",
  banned: "You have been banned from this room.",
  user_not_found: "There is no such person.",
  slow_mode: "This room is in slow mode. Your next message can go in a moment.",
  blocked_word: "There is a word in it that is not taken here.",
  message_not_found: "This message does not exist.",
  slow_down: "That was a lot at once. Try again in a moment.",
  not_a_member: "You are not a member of this room.",
  room_private: "This room is private. Ask a member to invite you.",
  room_exists: "A room with this id exists already.",
  too_large: "This is too long to send.",
  unsupported_type: "Only JPEG, PNG, WebP and GIF images can be sent.",
  file_too_large: "Images can have at most 10 MB.",
  upload_refused: "The image was not accepted. Try again.",
  part_refused: "The image was not accepted. Try again.",
  upload_closed: "This took too long. Send the image again.",
  parts_missing: "Part of the image did not arrive. Try again.",
  upload_interrupted: "The page was loaded again. Choose the same file to go on where it was.",
};

export function explain(error: unknown): string {
  if (error instanceof FileRejected && error.code === "media_rejected") {
    return `The image could not be processed: ${error.message}`;
  }
  if (!(error instanceof ChatError)) return "The server gave an answer that this version does not understand.";
  const words = WORDS[error.code];
  if (words !== undefined) return words;
  // The server's own words for what it refuses (an invalid field, say) are meant to be read.
  return error instanceof CommandRefused && error.message !== "" ? error.message : `Something went wrong (${error.code}).`;
}

/** What a busy room goes without; null where that is nothing that anybody would miss here. */
export function describePace(step: RoomPace["step"]): string | null {
  return step === "digest" ? "So much is said here that only the newest messages are shown. Scroll back for the others." : null;
}

/** What happened to a room or to somebody in it; `myId` is who reads it. */
export function describeNotice(event: MemberChanged | RoomChanged, myId: string): string {
  return event.type === "member" ? describeMember(event, myId) : describeSettings(event, myId);
}

function describeSettings({ by, slow_mode_s }: RoomChanged, myId: string): string {
  const who = by.id === myId ? "You" : by.name;
  if (slow_mode_s === 0) return `${who} changed the room’s settings; there is no slow mode.`;
  return `${who} changed the room’s settings; everyone may write once in ${slow_mode_s} seconds.`;
}

function describeMember({ user, by, change, role }: MemberChanged, myId: string): string {
  const isMe = user.id === myId;
  const who = isMe ? "You" : user.name;
  const [was, has, is] = isMe ? ["were", "have", "are"] : ["was", "has", "is"];
  const doer = by.id === myId ? "you" : by.name;
  switch (change) {
    case "joined":
      return `${who} joined.`;
    case "left":
      return `${who} left.`;
    case "invited":
      return `${who} ${was} invited by ${doer}.`;
    case "removed":
      return `${who} ${was} removed by ${doer}.`;
    case "banned":
      return `${who} ${was} banned by ${doer}.`;
    case "unbanned":
      return `${who} ${is} no longer banned.`;
    case "muted":
      return `${who} ${was} muted by ${doer}.`;
    case "unmuted":
      return `${who} may write again.`;
    case "role":
      return `${who} ${is} now ${ROLES[role ?? "unknown"]}.`;
    case "unknown":
      return `${who} ${has} changed.`;
  }
}

const ROLES: Readonly<Record<Exclude<MemberChanged["role"], null>, string>> = {
  owner: "the owner",
  moderator: "a moderator",
  member: "a member",
  reader: "a reader",
  banned: "banned",
  unknown: "something else",
};

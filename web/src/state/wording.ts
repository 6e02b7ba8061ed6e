/** What went wrong, in words for the person at the screen: what happened and, where there is something to do, what. */

import { ChatError, CommandRefused, FileRejected } from "../protocol/errors";

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
  room_not_found: "This room does not exist.",
  not_a_member: "You are not a member of this room.",
  room_private: "This room is private. Ask a member to invite you.",
  room_exists: "A room with this id exists already.",
  too_large: "This is too long to send.",
  unsupported_type: "Only JPEG, PNG, WebP and GIF images can be sent.",
  file_too_large: "Images can have at most 10 MB.",
  upload_refused: "The image was not accepted. Try again.",
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

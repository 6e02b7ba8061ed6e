/** What a user may do with a message, as far as it can be known here. The server decides; this is what is offered. */

import type { Message, Room } from "../protocol/frames";

export interface Rights {
  readonly answer: boolean;
  readonly react: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
  readonly pin: boolean;
  readonly report: boolean;
}

const NONE: Rights = { answer: false, react: false, edit: false, delete: false, pin: false, report: false };

const MODERATORS: ReadonlySet<Room["role"]> = new Set<Room["role"]>(["owner", "moderator"]);

export function moderates(role: Room["role"]): boolean {
  return MODERATORS.has(role);
}

/** Whether somebody of this role may write at all; who may not write may not react either. */
export function mayWrite(role: Room["role"]): boolean {
  return role !== "reader" && role !== "banned";
}

export function rightsOn(message: Message, myId: string, role: Room["role"]): Rights {
  if (message.kind === "void" || message.kind === "unknown") return NONE;
  const isAlive = message.kind !== "deleted";
  const isMine = message.from?.id === myId;
  return {
    answer: mayWrite(role),
    react: isAlive && mayWrite(role),
    edit: isMine && message.kind === "text" && mayWrite(role),
    delete: isAlive && (isMine || moderates(role)),
    pin: isAlive && moderates(role),
    report: isAlive && !isMine && message.from !== null,
  };
}

/** What a user may do with a message or about a member, as far as it can be known here. The server decides; this is what is offered. */

import type { Member, Message, Room } from "@agent-chat/client/frames";

export interface Rights {
  readonly answer: boolean;
  readonly react: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
  readonly pin: boolean;
  readonly report: boolean;
}

const NONE: Rights = { answer: false, react: false, edit: false, delete: false, pin: false, report: false };

/** What somebody may do about a member. */
export interface Power {
  readonly mute: boolean;
  readonly remove: boolean;
  /** They are kept out, and may be let in again. */
  readonly unban: boolean;
  readonly setRole: boolean;
  readonly transfer: boolean;
}

const RANKS: Partial<Record<NonNullable<Room["role"]>, number>> = { owner: 3, moderator: 2, member: 1, reader: 1 };

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

/** Moderators have a say over whom they outrank, owners over everybody else's role. */
export function powerOver(member: Member, myId: string, role: Room["role"]): Power {
  const isOther = member.user.id !== myId;
  const outranks = isOther && moderates(role) && rank(role) > rank(member.role);
  const owns = isOther && role === "owner";
  const isThere = member.role !== "banned";
  return {
    mute: outranks && isThere,
    remove: outranks && isThere,
    unban: moderates(role) && !isThere,
    setRole: owns && isThere,
    transfer: owns && isThere,
  };
}

/** Whether somebody may bring others in: into a private room moderators only. */
export function mayInvite(role: Room["role"], kind: Room["kind"]): boolean {
  return kind === "private" ? moderates(role) : mayWrite(role) && role !== null;
}

function rank(role: Room["role"]): number {
  return role === null ? 0 : (RANKS[role] ?? 0);
}

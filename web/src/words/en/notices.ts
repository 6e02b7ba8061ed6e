import type { MemberChanged } from "@agent-chat/client/frames";

import type { Formats } from "../formats";

/** Somebody as the person at the screen calls them. */
export interface Person {
  readonly name: string;
  /** They are the person at the screen. */
  readonly isMe: boolean;
}

type Role = Exclude<MemberChanged["role"], null>;

const ROLES: Readonly<Record<Role, string>> = {
  owner: "the owner",
  moderator: "a moderator",
  member: "a member",
  reader: "a reader",
  banned: "banned",
  unknown: "something else",
};

function subject({ name, isMe }: Person): string {
  return isMe ? "You" : name;
}

function doer({ name, isMe }: Person): string {
  return isMe ? "you" : name;
}

/** Something was done to somebody by another, or by themselves. */
function passive(deed: string): (user: Person, by: Person) => string {
  return (user, by) => `${subject(user)} ${user.isMe ? "were" : "was"} ${deed} by ${doer(by)}.`;
}

/** What happened to a room or to somebody in it: quiet lines between the messages. */
export const notices = ({ duration }: Formats) => ({
  joined: (user: Person) => `${subject(user)} joined.`,
  left: (user: Person) => `${subject(user)} left.`,
  invited: passive("invited"),
  removed: passive("removed"),
  banned: passive("banned"),
  unbanned: (user: Person) => `${subject(user)} ${user.isMe ? "are" : "is"} no longer banned.`,
  muted: passive("muted"),
  unmuted: (user: Person) => `${subject(user)} may write again.`,
  role: (user: Person, role: Role) => `${subject(user)} ${user.isMe ? "are" : "is"} now ${ROLES[role]}.`,
  unknown: (user: Person) => `${subject(user)} ${user.isMe ? "have" : "has"} changed.`,
  /** `waitS` is how long everybody waits between two messages, in seconds; 0 for not at all. */
  settings: (by: Person, waitS: number) =>
    waitS === 0
      ? `${subject(by)} changed the room’s settings; there is no slow mode.`
      : `${subject(by)} changed the room’s settings; everyone may write once in ${duration(waitS)}.`,
});

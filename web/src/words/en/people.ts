import type { Member } from "@agent-chat/client/frames";

import type { Formats } from "../formats";

const ROLES: Readonly<Record<Member["role"], string>> = {
  owner: "Owner",
  moderator: "Moderator",
  member: "Member",
  reader: "Reader",
  banned: "Banned",
  unknown: "Member",
};

/** Who is in a room, and what may be done about them. */
export const people = ({ timeOfDay, plural }: Formats) => ({
  title: "People",
  role: (role: Member["role"]) => ROLES[role],
  you: "you",
  mutedUntil: (atMs: number) => `Muted until ${timeOfDay(atMs)}`,
  presence: {
    online: "Online",
    offline: "Offline",
    count: (count: number) => plural(count, { other: "# online" }),
    open: (count: number) => plural(count, { one: "# has it open", other: "# have it open" }),
    tooLarge: "So many people are in this room that who is online is not shown here.",
  },
  more: "Show more people",
  actions: (name: string) => `What to do about ${name}`,
  message: "Message",
  mute: "Mute for an hour",
  unmute: "Let write again",
  makeModerator: "Make moderator",
  makeMember: "Make member",
  makeReader: "Make reader",
  remove: "Remove",
  ban: "Ban",
  unban: "Lift the ban",
  transfer: "Make owner",
  leave: "Leave this room",
  invite: { label: "Invite somebody", placeholder: "User id", submit: "Invite" },
  confirm: {
    remove: { title: (name: string) => `Remove ${name}?`, text: "They read nothing more of this room, and may be invited again." },
    ban: { title: (name: string) => `Ban ${name}?`, text: "They read nothing more of this room and can’t come back until the ban is lifted." },
    transfer: {
      title: (name: string) => `Make ${name} the owner?`,
      text: "You become a moderator. Only the new owner can give the room back.",
    },
    leave: { title: (room: string) => `Leave ${room}?`, text: "A private room you can only come back to when somebody invites you." },
  },
});

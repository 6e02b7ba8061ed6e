import type { Words } from "../en";
import type { Person } from "../en/notices";
import type { Formats } from "../formats";

type Notices = Words["notices"];

const ROLES: Readonly<Record<Parameters<Notices["role"]>[1], string>> = {
  owner: "jetzt Eigentümer",
  moderator: "jetzt Moderator",
  member: "jetzt Mitglied",
  reader: "jetzt nur noch zum Lesen hier",
  banned: "jetzt ausgeschlossen",
  unknown: "jetzt etwas anderes",
};

function subject({ name, isMe }: Person): string {
  return isMe ? "Du" : name;
}

function passive(deed: string): (user: Person, by: Person) => string {
  return (user, by) => `${subject(user)} ${user.isMe ? "wurdest" : "wurde"} von ${by.isMe ? "dir" : by.name} ${deed}.`;
}

export const notices = ({ duration }: Formats): Notices => ({
  joined: (user) => `${subject(user)} ${user.isMe ? "bist" : "ist"} beigetreten.`,
  left: (user) => `${subject(user)} ${user.isMe ? "bist" : "ist"} gegangen.`,
  invited: passive("eingeladen"),
  removed: passive("entfernt"),
  banned: passive("ausgeschlossen"),
  unbanned: (user) => `${subject(user)} ${user.isMe ? "bist" : "ist"} nicht mehr ausgeschlossen.`,
  muted: passive("stummgeschaltet"),
  unmuted: (user) => `${subject(user)} ${user.isMe ? "darfst" : "darf"} wieder schreiben.`,
  role: (user, role) => `${subject(user)} ${user.isMe ? "bist" : "ist"} ${ROLES[role]}.`,
  unknown: (user) => `Bei ${user.isMe ? "dir" : user.name} hat sich etwas geändert.`,
  settings: (by, waitS) => {
    const what = `${subject(by)} ${by.isMe ? "hast" : "hat"} die Einstellungen des Raums geändert`;
    return waitS === 0 ? `${what}; alle schreiben, wann sie wollen.` : `${what}; Abstand zwischen zwei Nachrichten: ${duration(waitS)}.`;
  },
});

import type { Member } from "@agent-chat/client/frames";

import type { Words } from "../en";
import type { Formats } from "../formats";

const ROLES: Readonly<Record<Member["role"], string>> = {
  owner: "Inhaber",
  moderator: "Moderation",
  member: "Mitglied",
  reader: "Liest mit",
  banned: "Gesperrt",
  unknown: "Mitglied",
};

export const people = ({ timeOfDay, plural }: Formats): Words["people"] => ({
  title: "Personen",
  role: (role) => ROLES[role],
  you: "du",
  mutedUntil: (atMs) => `Stumm bis ${timeOfDay(atMs)}`,
  presence: {
    online: "Online",
    offline: "Offline",
    count: (count) => plural(count, { other: "# online" }),
    open: (count) => plural(count, { one: "# hat ihn offen", other: "# haben ihn offen" }),
    tooLarge: "In diesem Raum sind so viele Personen, dass nicht gezeigt wird, wer online ist.",
  },
  more: "Mehr Personen zeigen",
  actions: (name) => `Was mit ${name} geschehen soll`,
  message: "Anschreiben",
  mute: "Eine Stunde stummschalten",
  unmute: "Wieder schreiben lassen",
  makeModerator: "Zur Moderation machen",
  makeMember: "Zum Mitglied machen",
  makeReader: "Nur mitlesen lassen",
  remove: "Entfernen",
  ban: "Sperren",
  unban: "Sperre aufheben",
  transfer: "Zum Inhaber machen",
  leave: "Raum verlassen",
  invite: { label: "Jemanden einladen", placeholder: "Benutzer-ID", submit: "Einladen" },
  confirm: {
    remove: { title: (name) => `${name} entfernen?`, text: "Die Person liest von diesem Raum nichts mehr und kann wieder eingeladen werden." },
    ban: {
      title: (name) => `${name} sperren?`,
      text: "Die Person liest von diesem Raum nichts mehr und kommt nicht zurück, bis die Sperre aufgehoben ist.",
    },
    transfer: {
      title: (name) => `${name} zum Inhaber machen?`,
      text: "Du gehörst dann zur Moderation. Zurückgeben kann den Raum nur, wer ihn dann hat.",
    },
    leave: { title: (room) => `${room} verlassen?`, text: "In einen privaten Raum kommst du nur zurück, wenn dich jemand einlädt." },
  },
});

import type { Words } from "../en";
import type { Formats } from "../formats";

export const roomSettings = ({ duration, plural }: Formats): Words["roomSettings"] => ({
  title: "Einstellungen des Raums",
  lead: "Das gilt hier für alle.",
  readOnly: "Ändern können das nur, wem der Raum gehört, und die Moderation.",
  join: { title: "Wer beitreten kann", fixed: "Das steht fest, sobald ein Raum angelegt ist." },
  slowMode: {
    title: "Langsamer Modus",
    hint: "Wie lange Mitglieder zwischen zwei Nachrichten warten. Für Inhaber und Moderation gilt das nicht.",
    wait: (seconds) => (seconds === 0 ? "Aus" : duration(seconds)),
  },
  words: {
    title: "Gesperrte Wörter",
    hint: "Eine Nachricht mit einem davon wird nicht gesendet. Groß und klein ist gleich; Teile längerer Wörter werden nicht erkannt.",
    none: "Hier sind keine Wörter gesperrt.",
    count: (count) => plural(count, { one: "# Wort ist gesperrt", other: "# Wörter sind gesperrt" }),
    label: "Wörter zum Sperren",
    placeholder: "Wörter zum Sperren",
    add: "Sperren",
    remove: (word) => `„${word}“ wieder zulassen`,
  },
  alerts: {
    title: "Auf meinen Geräten melden",
    hint: "Nur für dich, und solange diese Seite zu ist. Bei mehr als 100 Leuten im Raum: Erwähnungen oder nichts.",
    levels: { all: "Jede Nachricht", mentions: "Wenn ich erwähnt werde", none: "Nichts" },
  },
  notChanged: (why) => `Die Einstellungen bleiben, wie sie waren. ${why}`,
});

import type { Words } from "../en";
import type { Formats } from "../formats";

export const rooms = ({ plural, number }: Formats): Words["rooms"] => ({
  title: "Räume",
  loading: "Räume werden geladen",
  none: "Noch keine Räume. Lege mit dem Plus oben den ersten an.",
  mine: "Deine Räume",
  open: "Offen für alle",
  private: "privat",
  noMessages: "Noch keine Nachrichten",
  image: "Bild",
  deleted: "hat eine Nachricht gelöscht",
  preview: (author, text) => `${author}: ${text}`,
  unread: (count) => plural(count, { one: "# ungelesene Nachricht", other: "# ungelesene Nachrichten" }),
  moreThan: (count) => `${number(count)}+`,
  create: {
    title: "Neuer Raum",
    name: "Name",
    namePlaceholder: "Mittagessen",
    kind: "Wer teilnehmen kann",
    public: "Alle",
    publicHint: "Jeder hier kann ihn finden und beitreten.",
    private: "Eingeladene",
    privateHint: "Nur, wen du unten nennst.",
    members: "Mit Benutzerkennung einladen",
    membersPlaceholder: "grace, alan",
    membersHint: "Jeder findet seine Kennung unter seinem Namen.",
    submit: "Raum anlegen",
    submitting: "Wird angelegt …",
    needsName: "Gib dem Raum einen Namen.",
    tooMany: (most) => `Höchstens ${number(most)} Personen können auf einmal eingeladen werden.`,
  },
});

import type { Words } from "../en";

export const keyboard: Words["keyboard"] = {
  goTo: {
    title: "Gehe zu",
    label: "Raum oder Person suchen",
    hint: "Mit @ und einer ganzen Benutzerkennung schreibst du jedem.",
    none: "Nichts gefunden. Mit @ und einer ganzen Benutzerkennung schreibst du jedem.",
    results: "Wohin",
    person: (id) => `An @${id} schreiben`,
    open: "offen für alle",
  },
  list: {
    title: "Tastenkürzel",
    groups: { anywhere: "Überall", log: "In den Nachrichten", field: "Beim Schreiben" },
    names: {
      goTo: "Zu einem Raum oder einer Person",
      previousRoom: "Voriger Raum",
      nextRoom: "Nächster Raum",
      previousUnread: "Voriger Raum mit Ungelesenem",
      nextUnread: "Nächster Raum mit Ungelesenem",
      list: "Diese Liste",
      close: "Schließen, was offen ist",
      olderMessage: "Ältere Nachricht",
      newerMessage: "Neuere Nachricht",
      messageMenu: "Was sich mit der Nachricht tun lässt",
      send: "Senden",
      newLine: "Neue Zeile",
      editLast: "Die letzte eigene Nachricht bearbeiten, solange das Feld leer ist",
    },
    keys: { control: "Strg", alt: "Alt", shift: "Umschalt", Enter: "Eingabe", Escape: "Esc", ArrowUp: "Auf", ArrowDown: "Ab" },
  },
};

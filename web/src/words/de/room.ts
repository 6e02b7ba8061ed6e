import type { Words } from "../en";
import type { Formats } from "../formats";

export const room = ({ plural, percent }: Formats): Words["room"] => ({
  back: "Zurück zu den Räumen",
  private: "Privat",
  refused: "Dieser Raum lässt sich nicht öffnen",
  empty: "Hier ist noch nichts",
  emptyHint: "Schreibe die erste Nachricht, oder zieh ein Bild herein.",
  dropHint: (title) => `Loslassen, um es an ${title} zu senden`,
  digest: "Hier wird so viel geschrieben, dass nur die neuesten Nachrichten zu sehen sind. Scrolle zurück für die anderen.",
  log: {
    label: (title) => `Nachrichten in ${title}`,
    loading: "Nachrichten werden geladen",
    begins: "Hier beginnt der Raum.",
    loadingOlder: "Ältere Nachrichten werden geladen …",
    olderFailed: "Ältere Nachrichten konnten nicht geladen werden.",
    loadingMissed: "Verpasste Nachrichten werden geladen …",
    missedFailed: (count) =>
      plural(count, {
        one: "# verpasste Nachricht konnte nicht geladen werden. Noch einmal versuchen",
        other: "# verpasste Nachrichten konnten nicht geladen werden. Noch einmal versuchen",
      }),
    fresh: (count) => plural(count, { one: "# neue", other: "# neue" }),
    toNewest: "Zur neuesten",
    said: (author, text) => `${author}: ${text}`,
    sentImage: "hat ein Bild gesendet",
  },
  message: {
    you: "Du",
    system: "System",
    edited: "(bearbeitet)",
    deleted: "Diese Nachricht wurde gelöscht.",
    unknownKind: "Um das zu zeigen, braucht es eine neuere Version.",
    openImage: (name) => `${name} öffnen`,
    openInTab: "In neuem Tab öffnen",
    notSent: (reason) => `Nicht gesendet. ${reason}`,
    discard: "Verwerfen",
    waiting: "Wartet aufs Senden",
    uploading: (share) => `${percent(share)} hochgeladen`,
    uploadingFile: (name) => `${name} wird hochgeladen`,
    preparing: "Wird vorbereitet",
  },
  composer: {
    placeholder: (title) => `Nachricht an ${title}`,
    image: "Bild senden",
    chooseImages: "Bilder zum Senden auswählen",
    send: "Senden",
  },
});

import type { Words } from "../en";
import type { Formats } from "../formats";

type Source = Parameters<Words["settings"]["signedInBy"]>[0];

const SOURCES: Readonly<Record<Source, string>> = {
  name: "Mit diesem Namen angemeldet",
  wallet: "Mit einem Wallet angemeldet",
  open_id: "Über deinen Anbieter angemeldet",
};

export const settings = ({ percent, size, plural }: Formats): Words["settings"] => ({
  title: "Einstellungen",
  language: "Sprache",
  browserLanguage: "Wie im Browser",
  languages: { en: "English", de: "Deutsch" },
  colours: "Farben",
  systemColours: "Wie im System",
  colourNames: { light: "Hell", dark: "Dunkel" },
  signedInBy: (source) => SOURCES[source],
  push: {
    title: "Benachrichtigungen",
    hint: "Über Direktnachrichten, kleine Räume und wenn dich jemand nennt, solange diese Seite geschlossen ist.",
    label: "Auf diesem Gerät benachrichtigen",
    unsupported: "Dieser Browser kann dich nicht benachrichtigen, solange die Seite geschlossen ist.",
    blocked: "Dein Browser lässt diese Seite dich nicht benachrichtigen. Erlaube es in seinen Einstellungen für diese Seite, und komm dann wieder.",
    failed: "Der Push-Dienst deines Browsers ist nicht erreichbar. Versuch es später oder mit einem anderen Browser.",
  },
  data: {
    title: "Deine Daten",
    hint: "Alles, was du geschrieben und gesendet hast, als Dateien zum Aufheben.",
    ask: "Download vorbereiten",
    askAgain: "Neu vorbereiten",
    preparing: (share) => `Wird vorbereitet: ${percent(share)}`,
    ready: (parts) => plural(parts, { one: "Bereit zum Herunterladen:", other: "Bereit, in # Teilen:" }),
    archive: (number, bytes) => `Teil ${number} herunterladen, ${size(bytes)}`,
    onlyArchive: (bytes) => `Herunterladen, ${size(bytes)}`,
  },
  erase: {
    open: "Mein Konto löschen …",
    title: "Dein Konto löschen?",
    text: "Alles, was du geschrieben und gesendet hast, verschwindet für alle, und du verlässt jeden Raum. Was andere geschrieben haben, bleibt, auch über dich. Das lässt sich nicht rückgängig machen.",
    advice: "Wenn du etwas behalten willst, lade erst deine Daten herunter.",
    label: (name) => `Schreibe deinen Namen, ${name}, um fortzufahren`,
    submit: "Für immer löschen",
    submitting: "Wird gelöscht …",
  },
  leave: "In diesem Browser abmelden",
});

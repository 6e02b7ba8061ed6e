import type { Words } from "../en";

export const shell: Words["shell"] = {
  brand: "AGENT Chat",
  tryAgain: "Noch einmal versuchen",
  cancel: "Abbrechen",
  close: "Schließen",
  signOut: "Abmelden",
  pickRoom: "Wähle einen Raum",
  pickRoomHint: "Nimm einen von links, oder lege einen neuen an.",
  connection: {
    connecting: "Verbindet",
    online: "Online",
    waiting: "Offline",
    stopped: "Abgemeldet",
    refused: "Abgemeldet",
    slower: "Online, langsamer",
    slowerHint: "Dieses Netz lässt keine stehende Verbindung durch; Nachrichten können etwas länger brauchen.",
    lost: "Keine Verbindung.",
    lostHint: "Was du schreibst, bleibt erhalten und wird gesendet, sobald sie zurück ist.",
    tryNow: "Jetzt versuchen",
    trying: "Verbindet …",
  },
};

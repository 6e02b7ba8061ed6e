import type { Words } from "../en";

export const files: Words["files"] = {
  title: "Bilder und Dateien",
  none: "Hier wurden noch keine Bilder oder Dateien gesendet.",
  seen: "Bilder und Videos",
  others: "Töne und Dokumente",
  more: "Mehr zeigen",
  show: (name, author, time) => `${name} im Raum zeigen: ${author}, ${time}`,
};

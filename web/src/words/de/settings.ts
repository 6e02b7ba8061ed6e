import type { Words } from "../en";

export const settings: Words["settings"] = {
  title: "Einstellungen",
  language: "Sprache",
  browserLanguage: "Wie im Browser",
  languages: { en: "English", de: "Deutsch" },
  colours: "Farben",
  systemColours: "Wie im System",
  colourNames: { light: "Hell", dark: "Dunkel" },
};

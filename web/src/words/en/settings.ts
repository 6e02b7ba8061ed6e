/** What people set for themselves. */
export const settings = {
  title: "Settings",
  language: "Language",
  browserLanguage: "As the browser",
  /** Each in its own words, so that everybody finds theirs. */
  languages: { en: "English", de: "Deutsch" },
  colours: "Colours",
  systemColours: "As the system",
  colourNames: { light: "Light", dark: "Dark" },
};

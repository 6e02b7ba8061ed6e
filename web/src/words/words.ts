/**
 * The page's words in the language of whoever reads them. English comes with the page, others when they are needed.
 *
 * A language is a section's shape in `en/` filled anew. To add one: a folder beside `de/`, its code in `LANGUAGES`, and
 * where it is loaded from, below.
 */

import { type Readable, Store } from "@agent-chat/client/store";

import { type Language, language, LANGUAGES } from "../state/preferences";
import { en, type Words } from "./en";
import { type Formats, formatsOf } from "./formats";

export type { Words } from "./en";

type Catalogue = (formats: Formats) => Words;

const CATALOGUES: Readonly<Record<Language, () => Promise<Catalogue>>> = {
  en: () => Promise.resolve(en),
  de: async () => (await import("./de")).de,
};

/**
 * A language that there is, and a locale of it: the one that was chosen, else the first that the browser prefers and we
 * have. Whoever reads English in Vienna gets English words, and days and numbers as their browser wants English ones.
 */
export function pickLocale(chosen: Language | null, preferred: readonly string[]): { language: Language; locale: string } {
  const known = preferred.flatMap((locale) => {
    const found = LANGUAGES.find((it) => it === locale.split("-")[0]?.toLowerCase());
    return found === undefined ? [] : [{ language: found, locale }];
  });
  const wanted = chosen ?? known[0]?.language ?? "en";
  return known.find((it) => it.language === wanted) ?? { language: wanted, locale: wanted };
}

const current = new Store<Words>(en(formatsOf(pickLocale("en", navigator.languages).locale)));

/** Views read them through `useWords`. */
export const words: Readable<Words> = current;

/** Loads what the preference and the browser ask for, and follows both from then on. Settles with the first words. */
export function startWords(): Promise<void> {
  language.subscribe(() => void load());
  window.addEventListener("languagechange", () => void load());
  return load();
}

let asked = 0;

/** Where the words can't be had, those from before stay. */
async function load(): Promise<void> {
  const turn = ++asked;
  const wanted = pickLocale(language.get(), navigator.languages);
  try {
    const catalogue = await CATALOGUES[wanted.language]();
    if (turn !== asked) return; // another was chosen meanwhile
    current.set(catalogue(formatsOf(wanted.locale)));
    document.documentElement.lang = wanted.language;
  } catch (error) {
    console.warn(`the words in ${wanted.language} could not be loaded:`, error);
  }
}

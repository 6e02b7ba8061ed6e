/**
 * What a person has set for this browser, kept in `localStorage`: the same in every window of it, signed in or not.
 *
 * Null is "as the system or the browser has it".
 */

import { Store } from "@agent-chat/client/store";

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

export const COLOURS = ["light", "dark"] as const;
export type Colours = (typeof COLOURS)[number];

const PREFIX = "agent-chat.";

/** One of a few values. What another window sets arrives here too. */
export class Preference<T extends string> extends Store<T | null> {
  readonly values: readonly T[];
  readonly #key: string;

  constructor(name: string, values: readonly T[]) {
    super(null);
    this.#key = PREFIX + name;
    this.values = values;
    this.#take(localStorage.getItem(this.#key));
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key === this.#key) this.#take(newValue);
    });
  }

  /** Null goes back to what the system or the browser has. */
  choose(value: T | null): void {
    this.set(value);
    try {
      if (value === null) localStorage.removeItem(this.#key);
      else localStorage.setItem(this.#key, value);
    } catch (error) {
      console.warn(`${this.#key} could not be kept:`, error); // a full or forbidden storage: it holds for this window
    }
  }

  #take(kept: string | null): void {
    this.set(this.values.find((value) => value === kept) ?? null);
  }
}

export const language = new Preference("language", LANGUAGES);
/** `public/colours.js` reads it too, by its key. */
export const colours = new Preference("colours", COLOURS);

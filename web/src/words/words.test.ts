import { afterEach, describe, expect, it, vi } from "vitest";

import { language, type Language, LANGUAGES } from "../state/preferences";
import { de } from "./de";
import { en } from "./en";
import { formatsOf } from "./formats";
import { pickLocale, startWords, words } from "./words";

afterEach(() => {
  language.choose(null);
});

describe("the language", () => {
  it.each<[Language | null, readonly string[], string, string]>([
    [null, ["fr-FR", "de-AT", "en"], "de", "de-AT"],
    [null, ["EN-gb"], "en", "EN-gb"],
    [null, ["fr"], "en", "en"],
    ["en", ["de-AT", "en-GB", "en-US"], "en", "en-GB"],
    ["de", ["en-US"], "de", "de"],
  ])("chosen as %s where the browser prefers %j is %s, as %s writes it", (chosen, preferred, picked, locale) => {
    expect(pickLocale(chosen, preferred)).toEqual({ language: picked, locale });
  });

  it("changes at once when another is chosen, and is kept", async () => {
    await startWords();
    expect([words.get().shell.cancel, document.documentElement.lang]).toEqual(["Cancel", "en"]);
    language.choose("de");
    await vi.waitFor(() => {
      expect(words.get().shell.cancel).toBe("Abbrechen");
    });
    expect([document.documentElement.lang, localStorage.getItem("agent-chat.language")]).toEqual(["de", "de"]);
    language.choose("en");
    await vi.waitFor(() => {
      expect(words.get().shell.cancel).toBe("Cancel");
    });
  });

  it("is that of another window when it is changed there", () => {
    window.dispatchEvent(new StorageEvent("storage", { key: "agent-chat.language", newValue: "de" }));
    expect(language.get()).toBe("de");
    window.dispatchEvent(new StorageEvent("storage", { key: "agent-chat.language", newValue: "klingon" }));
    expect(language.get()).toBeNull();
  });
});

/** Every text of a catalogue by its path; what takes values is left out. */
function textsOf(value: object, path = ""): [string, string][] {
  return Object.entries(value).flatMap(([key, it]: [string, unknown]): [string, string][] => {
    if (typeof it === "string") return [[`${path}${key}`, it]];
    return typeof it === "object" && it !== null ? textsOf(it, `${path}${key}.`) : [];
  });
}

describe("the catalogues", () => {
  const formats = formatsOf("en");
  const english = textsOf({ ...en(formats), formats: {} });

  it("have a text wherever English has one", () => {
    expect(LANGUAGES).toEqual(["en", "de"]);
    const german = textsOf({ ...de(formats), formats: {} });
    expect(german.map(([path]) => path)).toEqual(english.map(([path]) => path));
    for (const [path, text] of [...english, ...german]) expect(text.trim(), path).not.toBe("");
  });

  it("end a sentence in German where English ends one", () => {
    const german = new Map(textsOf({ ...de(formats), formats: {} }));
    const differing = english.filter(([path, text]) => text.endsWith(".") !== german.get(path)?.endsWith("."));
    expect(differing.map(([path]) => path)).toEqual([]);
  });
});

describe("formats", () => {
  const american = formatsOf("en-US");
  const german = formatsOf("de-DE");

  it("count as the language does", () => {
    const forms = { one: "# room", other: "# rooms" };
    expect([0, 1, 1200].map((count) => american.plural(count, forms))).toEqual(["0 rooms", "1 room", "1,200 rooms"]);
    expect(formatsOf("pl").plural(3, { few: "# pokoje", other: "# pokoju" })).toBe("3 pokoje");
    expect([german.number(1200.5), american.list(["a", "b", "c"]), german.list(["a", "b"])]).toEqual([
      "1.200,5",
      "a, b, and c",
      "a und b",
    ]);
  });

  it("name days by how near they are", () => {
    const now = new Date(2026, 10, 26, 12).getTime();
    const daysBefore = (days: number): number => now - days * 86_400_000;
    expect([0, 1].map((days) => german.dayName(daysBefore(days), now))).toEqual(["Heute", "Gestern"]);
    expect(american.dayName(daysBefore(3), now)).toBe("Monday, November 23");
    expect(american.dayName(daysBefore(400), now)).toBe("October 22, 2025");
    expect([1, 3, 30].map((days) => american.briefTime(daysBefore(days), now))).toEqual(["Yesterday", "Mon", "Oct 27"]);
    expect(german.briefTime(now, now)).toBe("12:00");
  });

  it("say a length of time in its largest whole unit", () => {
    expect([1, 90, 600, 7200, 86_400].map((seconds) => american.duration(seconds))).toEqual([
      "1 second",
      "90 seconds",
      "10 minutes",
      "2 hours",
      "1 day",
    ]);
  });

  it("say how large a file is in a unit that people know", () => {
    expect([300, 12_000, 400_000, 48_000_000].map((bytes) => american.size(bytes))).toEqual(["0.3 kB", "12 kB", "0.4 MB", "48 MB"]);
    expect(german.size(3_400_000)).toBe("3,4 MB");
  });
});

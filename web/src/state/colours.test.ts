import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";

import source from "../../index.html?raw";
import firstPaint from "../../public/colours.js?raw";
import { followColours } from "./colours";
import { colours } from "./preferences";

beforeAll(followColours);

beforeEach(() => {
  const page = new DOMParser().parseFromString(source, "text/html");
  document.head.replaceChildren(...page.querySelectorAll('meta[name="theme-color"]'));
});

afterEach(() => {
  colours.choose(null);
});

function bars(): string[] {
  return Array.from(document.querySelectorAll<HTMLMetaElement>("meta"), ({ media }) => media);
}

it("has the page and the browser's bars in the colours that were chosen, until the system's are wanted again", () => {
  colours.choose("dark");
  expect([document.documentElement.dataset["colours"], ...bars()]).toEqual(["dark", "not all", "all"]);
  colours.choose("light");
  expect([document.documentElement.dataset["colours"], ...bars()]).toEqual(["light", "all", "not all"]);
  colours.choose(null);
  expect(document.documentElement.dataset["colours"]).toBe("");
  expect(bars()).toEqual(["(prefers-color-scheme: light)", "(prefers-color-scheme: dark)"]);
});

it("follows a choice that was made in another window", () => {
  window.dispatchEvent(new StorageEvent("storage", { key: "agent-chat.colours", newValue: "dark" }));
  expect(document.documentElement.dataset["colours"]).toBe("dark");
});

it("knows the choice before anything else of the page is loaded", () => {
  colours.choose("dark");
  document.documentElement.dataset["colours"] = "";
  const script = document.createElement("script");
  script.textContent = firstPaint;
  document.head.append(script);
  expect(document.documentElement.dataset["colours"]).toBe("dark");
});

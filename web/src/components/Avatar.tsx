import type { CSSProperties } from "react";

const HUES = [12, 38, 70, 120, 155, 185, 215, 245, 275, 305, 335];

/** The same id has the same hue everywhere, in degrees. */
export function hueOf(id: string): number {
  let hash = 2_166_136_261;
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return HUES[(hash >>> 0) % HUES.length] ?? 0;
}

/** To be spread on an element whose colours follow an id. */
export function tint(id: string): CSSProperties {
  return { "--hue": hueOf(id) } as CSSProperties;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** One or two letters: of the first and the last word, or of the only one. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s_-]+/u).filter((word) => word !== "");
  const [first = "", last = ""] = [words[0], words.length > 1 ? words.at(-1) : ""];
  const letters = last === "" ? lettersOf(first).slice(0, 2) : [lettersOf(first)[0], lettersOf(last)[0]];
  return letters.join("").toLocaleUpperCase() || "?";
}

function lettersOf(word: string): string[] {
  return Array.from(graphemes.segment(word), ({ segment }) => segment);
}

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly shape?: "person" | "room";
}

/** Decoration: the name stands next to it. */
export function Avatar({ id, name, shape = "person" }: AvatarProps) {
  return (
    <span className={`avatar avatar--${shape}`} style={tint(id)} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

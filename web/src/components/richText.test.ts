import { describe, expect, it } from "vitest";

import { parse, type Part } from "./richText";

const NOBODY = new Set<string>();

/** Parts in short: `bold(text)`. */
function short(parts: readonly Part[]): string[] {
  return parts.map((part) => {
    if (part.type === "text") return part.text;
    return `${part.type}(${"parts" in part ? short(part.parts).join("|") : part.text})`;
  });
}

function read(source: string, mentions: ReadonlySet<string> = NOBODY): string[] {
  return short(parse(source, mentions));
}

describe("what people write", () => {
  it("has bold and italic words, one in the other", () => {
    expect(read("so *very _much_ so* and _fine_.")).toEqual(["so ", "bold(very |italic(much)| so)", " and ", "italic(fine)", "."]);
  });

  it("has code in which nothing else counts", () => {
    expect(read("try `*x* https://a.example` or ```\nlet a_b = 1;\n```")).toEqual([
      "try ",
      "code(*x* https://a.example)",
      " or ",
      "block(let a_b = 1;)",
    ]);
  });

  it("has no marks in calculations, in names, over lines and around nothing", () => {
    for (const source of ["2*3*4", "snake_case_name", "* a *", "**", "*a\nb*", "_ _"]) expect(read(source)).toEqual([source]);
  });

  it("has links that end before the sentence does", () => {
    expect(read("(https://example.com/a_b_c).")).toEqual(["(", "link(https://example.com/a_b_c)", ")."]);
    expect(read("javascript:alert(1)")).toEqual(["javascript:alert(1)"]);
  });

  it("mentions only whom the server found", () => {
    expect(read("@ada and @nobody", new Set(["ada"])).join("")).toBe("mention(@ada) and @nobody");
    expect(read("*@ada*", new Set(["ada"]))).toEqual(["bold(mention(@ada))"]);
  });

  it("loses nothing", () => {
    const source = "a *b* `c` _d_ ```e``` https://f.example/?g=*h* @i\n<b>j</b>";
    expect(read(source, new Set(["i"])).join("")).toContain("<b>j</b>");
    expect(parse("", NOBODY)).toEqual([]);
  });
});

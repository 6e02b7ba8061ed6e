import { describe, expect, it } from "vitest";

import { givenBetween } from "./numbers.ts";

const FLOOR = 1_000_000_000;

describe("numbers of a room", () => {
  it("are as many as lie between two of the same epoch", () => {
    expect(givenBetween(3, 10)).toBe(7);
    expect(givenBetween(FLOOR + 3, FLOOR + 10)).toBe(7);
    expect(givenBetween(10, 3)).toBe(0);
  });

  it("are those of the later epoch where another Region has taken over", () => {
    expect(givenBetween(40, FLOOR + 2)).toBe(2);
    expect(givenBetween(FLOOR, FLOOR + 2)).toBe(2);
    expect(givenBetween(40, FLOOR)).toBe(0);
  });
});

import { expect, it } from "vitest";

import { numberText } from "./words";

it.each([
  [97_494.286_886_291_13, "97,494"],
  [856.883_380_836_543_1, "857"],
  [39.12, "39.1"],
  [0.001_234, "0.00123"],
  [0, "0"],
  [-1_234.5, "-1,235"],
])("of %d three digits are read, or what is before the point", (value, text) => {
  expect(numberText(value)).toBe(text);
});

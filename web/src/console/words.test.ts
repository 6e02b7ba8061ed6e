import { expect, it } from "vitest";

import { numberText } from "./words";

it.each([
  [97_494.286_886_291_13, "97494"],
  [856.883_380_836_543_1, "857"],
  [39.12, "391"],
  [0.001_234, "000123"],
  [0, "0"],
])("of %d three digits are read, or what is before the point", (value, digits) => {
  expect(numberText(value).replaceAll(/\D/gu, "")).toBe(digits); // points and commas are the reader's language's
});

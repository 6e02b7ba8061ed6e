import { rgbaToThumbHash } from "thumbhash";
import { describe, expect, it } from "vitest";

import vectors from "../../../tests/thumbhashes.json";
import { placeholderOf } from "./placeholder";

/** The pattern of the vectors: the test of the server paints the same one. */
function pixels(width: number, height: number, transparent: boolean): Uint8Array {
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const alpha = transparent ? x * y * 3 + x * 7 + y : 255;
      rgba.set([x * 5 + y, y * 7 + x * 2, x * y, alpha], (x + y * width) * 4);
    }
  }
  return rgba;
}

describe("a placeholder", () => {
  it.each(vectors)("of $width by $height pixels has the hash that the server is held against", (vector) => {
    const made = rgbaToThumbHash(vector.width, vector.height, pixels(vector.width, vector.height, vector.transparent));
    expect(btoa(String.fromCharCode(...made))).toBe(vector.hash);
  });

  it("is a picture that a browser takes", () => {
    expect(placeholderOf("1QcSHQRnh493V4dIh4eXh1h4kJUI")).toMatch(/^data:image\/png;base64,iVBORw0KGgo/u);
  });

  it.each([[null], ["no base64!"]])("is none for %s", (hash) => {
    expect(placeholderOf(hash)).toBeUndefined();
  });
});

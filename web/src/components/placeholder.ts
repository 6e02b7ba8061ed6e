/** What an image is shown as until any of it is loaded. */

import { thumbHashToDataURL } from "thumbhash";

/** A picture of 32 pixels from an image's ThumbHash, as a URL; undefined where there is none that can be read. */
export function placeholderOf(hash: string | null): string | undefined {
  if (hash === null) return undefined;
  try {
    return thumbHashToDataURL(Uint8Array.from(atob(hash), (char) => char.charCodeAt(0)));
  } catch {
    return undefined; // no base64, or not so much of it as a hash has
  }
}

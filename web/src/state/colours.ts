/** The page in the colours that somebody has chosen. `public/colours.js` has the first paint in them already. */

import { colours } from "./preferences";

/** Follows the choice, in this window and in others, for as long as the page is there. */
export function followColours(): void {
  colours.subscribe(apply);
  apply();
}

function apply(): void {
  const chosen = colours.get();
  document.documentElement.dataset["colours"] = chosen ?? "";
  // The page has one such element for each of the two, with the colour of the browser's own bars.
  for (const bar of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"][data-colours]')) {
    const own = bar.dataset["colours"] ?? "";
    if (chosen === null) bar.media = `(prefers-color-scheme: ${own})`;
    else bar.media = own === chosen ? "all" : "not all";
  }
}

import { type Words, words } from "../words/words";
import { useStore } from "./useStore";

/** The page's words in the reader's language; rendered anew when they choose another. */
export function useWords(): Words {
  return useStore(words);
}

import type { Readable } from "@agent-chat/client/store";
import { useSyncExternalStore } from "react";

/** The value of a store, rendered anew after each change. */
export function useStore<T>(store: Readable<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

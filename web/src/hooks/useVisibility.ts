import { useSyncExternalStore } from "react";

/** Whether the page is on screen: neither in another tab nor minimised. */
export function useVisibility(): boolean {
  return useSyncExternalStore(subscribe, () => document.visibilityState === "visible");
}

function subscribe(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
  };
}

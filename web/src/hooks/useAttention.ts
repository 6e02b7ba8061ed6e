import { useSyncExternalStore } from "react";

const EVENTS = ["focus", "blur"] as const;

/** Whether somebody looks: the page is on screen, and its window is the one in use. */
export function useAttention(): boolean {
  return useSyncExternalStore(subscribe, () => document.visibilityState === "visible" && document.hasFocus());
}

function subscribe(listener: () => void): () => void {
  document.addEventListener("visibilitychange", listener);
  for (const event of EVENTS) window.addEventListener(event, listener);
  return () => {
    document.removeEventListener("visibilitychange", listener);
    for (const event of EVENTS) window.removeEventListener(event, listener);
  };
}

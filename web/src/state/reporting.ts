/**
 * Tells the stage how this page fares, where it is one of those that the stage has asked: every few minutes, and when
 * nobody looks any more. Loaded when the page is up: nothing waits for it.
 */

import { measures } from "@agent-chat/client/measures";

import { STAGE } from "./stage";

export const REPORT_EVERY_MS = 300_000;
const PATH = "/api/measurements";

/** Asks the stage whether this page is to tell, and begins. */
export async function startReporting(random: () => number = Math.random): Promise<void> {
  try {
    const { measuredShare } = await STAGE.readConfig();
    if (random() < measuredShare) await report();
  } catch (error) {
    console.warn("this page can't tell how it fares:", error);
  }
}

async function report(): Promise<void> {
  window.addEventListener("error", ({ error }: ErrorEvent) => {
    measures.failed(error);
  });
  window.addEventListener("unhandledrejection", ({ reason }) => {
    measures.failed(reason);
  });
  document.addEventListener("visibilitychange", () => {
    // The last moment that a page is sure to have.
    if (document.visibilityState === "hidden") tell();
  });
  setInterval(tell, REPORT_EVERY_MS);
  const { onCLS, onFCP, onINP, onLCP, onTTFB } = await import("web-vitals");
  for (const watch of [onFCP, onINP, onLCP, onTTFB]) {
    watch(({ name, value }) => {
      measures.vital(name, value);
    });
  }
  onCLS(({ value }) => {
    measures.shifted(value);
  });
}

function tell(): void {
  const taken = measures.take();
  if (taken === null) return;
  const body = new Blob([JSON.stringify(taken)], { type: "application/json" });
  navigator.sendBeacon(`${STAGE.addresses.base}${PATH}`, body);
}

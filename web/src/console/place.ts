/** Which panel is on screen, as the page's address says it: `#/alarms`. */

import type { Readable } from "@agent-chat/client/store";

import { PANEL_NAMES, type PanelName } from "./words";

export function panelIn(hash: string): PanelName {
  return PANEL_NAMES.find((name) => hash === `#/${name}`) ?? "health";
}

export const place: Readable<PanelName> = {
  get: () => panelIn(window.location.hash),
  subscribe: (listener) => {
    window.addEventListener("hashchange", listener);
    return () => {
      window.removeEventListener("hashchange", listener);
    };
  },
};

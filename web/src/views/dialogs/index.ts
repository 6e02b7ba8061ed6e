/** What is loaded only once somebody opens it, over whatever is on screen. */

import { lazy } from "react";

export const SettingsDialog = lazy(async () => ({ default: (await import("./SettingsDialog")).SettingsDialog }));
export const GoToDialog = lazy(async () => ({ default: (await import("./GoToDialog")).GoToDialog }));
export const ShortcutsDialog = lazy(async () => ({ default: (await import("./ShortcutsDialog")).ShortcutsDialog }));

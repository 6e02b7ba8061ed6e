/** What is loaded only once somebody opens it, over whatever is on screen. */

import { lazy } from "react";

export const SettingsDialog = lazy(async () => ({ default: (await import("./SettingsDialog")).SettingsDialog }));

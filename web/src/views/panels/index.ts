/** What is loaded only once somebody opens it. */

import { lazy } from "react";

export const SearchPanel = lazy(async () => ({ default: (await import("./SearchPanel")).SearchPanel }));
export const PeoplePanel = lazy(async () => ({ default: (await import("./PeoplePanel")).PeoplePanel }));
export const FilesPanel = lazy(async () => ({ default: (await import("./FilesPanel")).FilesPanel }));
export const PinsPanel = lazy(async () => ({ default: (await import("./PinsPanel")).PinsPanel }));
export const ReportsPanel = lazy(async () => ({ default: (await import("./ReportsPanel")).ReportsPanel }));
export const SettingsPanel = lazy(async () => ({ default: (await import("./SettingsPanel")).SettingsPanel }));
export const ThreadPanel = lazy(async () => ({ default: (await import("./ThreadPanel")).ThreadPanel }));
export const AskedDialog = lazy(async () => ({ default: (await import("./AskedDialog")).AskedDialog }));

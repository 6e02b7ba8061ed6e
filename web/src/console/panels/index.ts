/** Every panel by its name in the page's address. */

import type { ComponentType } from "react";

import type { PanelName } from "../words";
import { AlarmsPanel } from "./AlarmsPanel";
import { HealthPanel } from "./HealthPanel";

export const PANELS: Readonly<Record<PanelName, ComponentType>> = {
  health: HealthPanel,
  alarms: AlarmsPanel,
};

/** Every panel by its name in the page's address. */

import type { ComponentType } from "react";

import type { PanelName } from "../words";
import { AlarmsPanel } from "./AlarmsPanel";
import { AuditPanel } from "./AuditPanel";
import { CachePanel } from "./CachePanel";
import { FlagsPanel } from "./FlagsPanel";
import { HealthPanel } from "./HealthPanel";
import { InfrastructurePanel } from "./InfrastructurePanel";
import { MetricsPanel } from "./MetricsPanel";
import { QueuesPanel } from "./QueuesPanel";
import { ScalingPanel } from "./ScalingPanel";

export const PANELS: Readonly<Record<PanelName, ComponentType>> = {
  health: HealthPanel,
  alarms: AlarmsPanel,
  metrics: MetricsPanel,
  queues: QueuesPanel,
  scaling: ScalingPanel,
  cache: CachePanel,
  flags: FlagsPanel,
  infrastructure: InfrastructurePanel,
  audit: AuditPanel,
};

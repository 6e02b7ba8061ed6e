/** Every panel by its name in the page's address. */

import type { ComponentType } from "react";

import type { PanelName } from "../words";
import { AlarmsPanel } from "./AlarmsPanel";
import { AuditPanel } from "./AuditPanel";
import { CachePanel } from "./CachePanel";
import { CostPanel } from "./CostPanel";
import { FlagsPanel } from "./FlagsPanel";
import { HealthPanel } from "./HealthPanel";
import { InfrastructurePanel } from "./InfrastructurePanel";
import { LookupPanel } from "./LookupPanel";
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
  lookup: LookupPanel,
  flags: FlagsPanel,
  cost: CostPanel,
  infrastructure: InfrastructurePanel,
  audit: AuditPanel,
};

/** What the console's panels are made of. */

import { RequestFailed } from "@agent-chat/client/errors";
import { NOON_MS } from "@agent-chat/client/testing/archive";

import { ActionDialog } from "../../src/console/parts/ActionDialog";
import { Badge } from "../../src/console/parts/Badge";
import { ChainVerdict } from "../../src/console/parts/ChainVerdict";
import Chart from "../../src/console/parts/Chart";
import { Facts } from "../../src/console/parts/Facts";
import { Failure } from "../../src/console/parts/Failure";
import { FlagDialog } from "../../src/console/parts/FlagDialog";
import { NumberField } from "../../src/console/parts/NumberField";
import { Panel } from "../../src/console/parts/Panel";
import { RoomFound } from "../../src/console/parts/RoomFound";
import { RunbookDialog } from "../../src/console/parts/RunbookDialog";
import { Differences, EffectOnRooms } from "../../src/console/parts/ScalingEffect";
import { ScalingHistory } from "../../src/console/parts/ScalingHistory";
import { type Column, Table } from "../../src/console/parts/Table";
import { TreatmentForm } from "../../src/console/parts/TreatmentForm";
import { UserFound } from "../../src/console/parts/UserFound";
import type { Watched } from "../../src/console/usePolled";
import type { Specimens } from "../specimens";
import { EFFECTS, FLAG, VERSIONS } from "./stage";

const REFUSED = new RequestFailed(429, "rate_limited", "Too many requests.");
const WATCHED: Watched<string> = { value: "The value", error: null, atMs: NOON_MS, isAsking: false, refresh: nothing };

const HOUR_S = NOON_MS / 1_000;
const AT_S = Array.from({ length: 30 }, (_, at) => HOUR_S + at * 60);
/** More than there are colours. */
const LINES = Array.from({ length: 7 }, (_, line) => ({
  label: `message.${line}`,
  values: AT_S.map((_at, at) => (at === 12 ? null : 10 * line + 6 + 5 * Math.sin(at / (line + 2)))),
}));

interface Planet {
  readonly name: string;
  readonly moons: number;
}

const COLUMNS: readonly Column<Planet>[] = [
  { title: "Planet", cell: ({ name }) => name },
  { title: "Moons", cell: ({ moons }) => moons, isNumber: true },
];
const PLANETS: readonly Planet[] = [
  { name: "Earth", moons: 1 },
  { name: "Saturn", moons: 274 },
];

function nothing(): void {
  // Specimens are looked at; what is done with them leads nowhere.
}

export const PARTS: Specimens = {
  "console/parts/ActionDialog": {
    covers: true,
    states: {
      "something grave": (
        <ActionDialog title="Discard letters" reasonLabel="Why" confirm="Discard" isDangerous act={() => Promise.resolve()} onDone={nothing} onClose={nothing}>
          <p>4 letters are gone for good.</p>
        </ActionDialog>
      ),
    },
  },
  "console/parts/Badge": {
    states: {
      good: <Badge tone="good">Well</Badge>,
      bad: <Badge tone="bad">Failing</Badge>,
      wary: <Badge tone="wary">Late</Badge>,
      plain: <Badge tone="plain">Quiet</Badge>,
    },
  },
  "console/parts/ChainVerdict": { states: { "not asked yet": <ChainVerdict /> } },
  "console/parts/Chart": {
    states: {
      lines: <Chart title="Messages" data={{ atS: AT_S, lines: LINES }} fills={false} />,
      areas: <Chart title="Messages" data={{ atS: AT_S, lines: LINES.slice(1, 4) }} fills />,
      "nothing but zero": <Chart title="Errors" data={{ atS: AT_S, lines: [{ label: "errors", values: AT_S.map(() => 0) }] }} fills={false} />,
    },
  },
  "console/parts/Facts": { states: { some: <Facts facts={[["Kind", "public"], ["Members", "1,204 or more"]]} /> } },
  "console/parts/Failure": {
    states: {
      "that may pass": <Failure error={REFUSED} onRetry={nothing} />,
      "of the console itself": <Failure error={new TypeError("undefined is no object")} onRetry={null} />,
    },
  },
  "console/parts/FlagDialog": { covers: true, states: { "a flag": <FlagDialog flag={FLAG} onDone={nothing} onClose={nothing} /> } },
  "console/parts/NumberField": {
    states: {
      right: <NumberField label="Limit" hint="Deployed: 20" value="25" isWrong={false} onChange={nothing} />,
      wrong: <NumberField label="Limit" hint="Deployed: 20" value="many" isWrong onChange={nothing} />,
    },
  },
  "console/parts/Panel": {
    states: {
      "with its value": panel(WATCHED),
      "before the first": panel({ ...WATCHED, value: null, atMs: null, isAsking: true }),
      "after a failure": panel({ ...WATCHED, error: REFUSED }),
    },
  },
  "console/parts/RoomFound": { states: { "a busy room": <RoomFound room="general" onDeal={nothing} onUser={nothing} /> } },
  "console/parts/RunbookDialog": {
    covers: true,
    states: { "a runbook": <RunbookDialog name="backup-failed" onClose={nothing} />, "none of that name": <RunbookDialog name="nothing" onClose={nothing} /> },
  },
  "console/parts/ScalingEffect": {
    states: {
      differences: <Differences found={[{ name: "direct", before: null, after: 80 }]} />,
      "no difference": <Differences found={[]} />,
      "on rooms": <EffectOnRooms effect={EFFECTS} />,
    },
  },
  "console/parts/ScalingHistory": {
    states: { "three versions": <ScalingHistory versions={VERSIONS} onStored={nothing} />, none: <ScalingHistory versions={[]} onStored={nothing} /> },
  },
  "console/parts/Table": {
    states: {
      rows: <Table caption="Planets" columns={COLUMNS} rows={PLANETS} keyOf={({ name }) => name} empty="No planets" />,
      "no rows": <Table caption="Planets" columns={COLUMNS} rows={[]} keyOf={({ name }) => name} empty="No planets" />,
    },
  },
  "console/parts/TreatmentForm": { states: { "of a queue": <TreatmentForm queue="index" onDone={nothing} /> } },
  "console/parts/UserFound": { states: { "somebody who is there": <UserFound user="ada" onRoom={nothing} /> } },
};

function panel(watched: Watched<string>) {
  return (
    <Panel title="A panel" about="What is seen here, in a sentence." watched={watched}>
      {(value) => <p>{value}</p>}
    </Panel>
  );
}

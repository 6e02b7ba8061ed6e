/** The console's panels, each with something to show, with nothing, before there is an answer, and where there is none. */

import { RequestFailed } from "@agent-chat/client/errors";
import type { ReactNode } from "react";

import type { Operators } from "../../src/console/operators";
import { PANELS as COMPONENTS } from "../../src/console/panels";
import { OperatorsContext } from "../../src/console/useOperators";
import type { Specimen, Specimens } from "../specimens";
import { STAGES } from "./answers";

const REFUSED = STAGES.refusing(new RequestFailed(503, "unavailable", "The stage does not answer."));

function at(operators: Operators, panel: ReactNode): ReactNode {
  return <OperatorsContext value={operators}>{panel}</OperatorsContext>;
}

function specimenOf(Shown: (typeof COMPONENTS)[keyof typeof COMPONENTS]): Specimen {
  return {
    states: {
      "with something": at(STAGES.full, <Shown />),
      "with nothing": at(STAGES.empty, <Shown />),
      "before the answer": at(STAGES.silent, <Shown />),
      "without an answer": at(REFUSED, <Shown />),
    },
  };
}

/** By its file, which is called as the panel is in the page's address. */
function fileOf(panel: string): string {
  return `console/panels/${panel.charAt(0).toUpperCase()}${panel.slice(1)}Panel`;
}

export const PANELS: Specimens = Object.fromEntries(
  Object.entries(COMPONENTS).map(([panel, component]) => [fileOf(panel), specimenOf(component)]),
);

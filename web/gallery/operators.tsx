import "../src/styles/operators";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Operators } from "../src/console/operators";
import { OperatorsContext } from "../src/console/useOperators";
import { PANELS } from "./console/panels";
import { PARTS } from "./console/parts";
import { installStage } from "./console/stage";
import { Gallery } from "./Gallery";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
installStage();
createRoot(root).render(
  <StrictMode>
    <OperatorsContext value={new Operators("token")}>
      <Gallery specimens={{ ...PANELS, ...PARTS }} />
    </OperatorsContext>
  </StrictMode>,
);

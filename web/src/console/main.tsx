import "../styles/operators";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { followColours } from "../state/colours";
import { Console } from "./Console";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
followColours();
createRoot(root).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);

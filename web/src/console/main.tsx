import "@fontsource-variable/inter/wght.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/controls.css";
import "../styles/sign-in.css";
import "../styles/console.css";

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

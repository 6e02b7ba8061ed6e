import "./styles/chat";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./views/App";
import { startWords } from "./words/words";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
await startWords();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
import("./state/reporting").then(
  ({ startReporting }) => startReporting(),
  (error: unknown) => {
    console.warn("what measures this page could not be loaded:", error);
  },
);

import "../src/styles/chat";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { startWords } from "../src/words/words";
import { Hers } from "./chat/ada";
import { CONTROLS } from "./chat/controls";
import { MEDIA } from "./chat/media";
import { MESSAGES } from "./chat/messages";
import { PANELS } from "./chat/panels";
import { ROOM } from "./chat/room";
import { Gallery } from "./Gallery";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
await startWords();
createRoot(root).render(
  <StrictMode>
    <Hers>
      <Gallery specimens={{ ...CONTROLS, ...MESSAGES, ...MEDIA, ...ROOM, ...PANELS }} />
    </Hers>
  </StrictMode>,
);

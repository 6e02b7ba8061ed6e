/**
 * The chat page as it is, in a room that much was said in: `?messages=10000`. The server is in the page's own memory, so
 * whatever it takes is in the page's time; it answers as late as one that is near.
 */

import "../src/styles/chat";

import type { Message } from "@agent-chat/client/frames";
import { FakeServer } from "@agent-chat/client/testing/server";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { saveSession } from "../src/state/session";
import { App } from "../src/views/App";
import { startWords } from "../src/words/words";
import { ADA, CROWD, GRACE, LANDSCAPE, PORTRAIT } from "./samples";

const WORDS = "the numbers of last night are in and nothing was lost though two sockets were cut at noon".split(" ");
const ONE_IN_IMAGES = 20;

/** Texts of 1 to 60 words, the same each time. */
function textOf(seq: number): string {
  const length = 1 + ((seq * 7_919) % (seq % 5 === 0 ? 60 : 14));
  return Array.from({ length }, (_, at) => WORDS[(seq + at) % WORDS.length]).join(" ");
}

function extraOf(seq: number): Partial<Message> {
  if (seq % ONE_IN_IMAGES === 0) return { kind: "image", media: seq % (2 * ONE_IN_IMAGES) === 0 ? LANDSCAPE : PORTRAIT };
  if (seq % 11 === 0) return { reply_to: seq - 3 };
  if (seq % 13 === 0) return { reactions: [{ emoji: "👍", count: 1 + (seq % 4) }] };
  return {};
}

function fill(server: FakeServer, count: number): void {
  server.addRoom("general", "General", [ADA.id, GRACE.id]);
  for (let seq = 1; seq <= count; seq++) {
    const author = CROWD[Math.floor(seq / 3) % CROWD.length] ?? GRACE;
    server.post("general", author, textOf(seq), extraOf(seq));
  }
}

const asked = new URLSearchParams(window.location.search).get("messages");
const server = new FakeServer();
server.latencyMs = 40;
fill(server, Number(asked ?? 10_000));
server.install();
saveSession({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 3_600_000 });
window.location.hash = "#/room/general";

/** For whoever measures: somebody says something. */
Object.assign(window, {
  say: () => {
    server.say("general", GRACE, textOf(Math.round(performance.now())));
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
await startWords();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

/** A stage that always answers the same, as far as the specimens ask; types are the answers'. */

import { NOON_MS } from "@agent-chat/client/testing/archive";

import type {
  Chain,
  Dealt,
  Delivery,
  Effect,
  FlagView,
  RoomLook,
  Treated,
  UserLook,
  VersionView,
} from "../../src/console/answers.generated";

export const ROOM: RoomLook = {
  room: "general",
  title: "General",
  kind: "public",
  members: 1_204,
  more_members: true,
  owner: "grace",
  moderators: ["linus", "margaret"],
  banned: ["mallory"],
  muted: [],
  slow_mode_s: 30,
  blocked_words: 2,
  last_seq: 52_310,
  last_said_at_ms: NOON_MS,
  tier: "shared",
  step: "no_typing",
  online: 310,
  reports: [{ seq: 52_298, user: "linus", reason: "Advertises something.", at_ms: NOON_MS }],
};

export const USER: UserLook = {
  user: "ada",
  sockets: [{ connection: "LX7d9cZyDoECJXw=", expires_at_ms: NOON_MS + 7_200_000 }],
  rooms: [
    { room: "general", title: "General", role: "moderator" },
    { room: "lunch", title: "Lunch", role: null },
  ],
  more_rooms: false,
  erasure: null,
  export: "SUCCEEDED",
};

export const FLAG: FlagView = {
  flag: "recipients",
  means: "How the recipients of a message are read.",
  variants: ["rows", "pages"],
  by: "room",
  rule: { on: true, shares: { pages: 20 }, users: { ada: "pages" }, rooms: {}, roles: {}, starts_at_ms: NOON_MS, ends_at_ms: null, round: 1 },
  version: 4,
  changed_at_ms: NOON_MS,
  in_force_within_ms: 10_000,
};

export const VERSIONS: readonly VersionView[] = [
  { version: 2, thresholds: { direct: 80 }, limits: {}, functions: {}, operator: "grace", why: "A launch at noon", at_ms: NOON_MS },
  { version: 1, thresholds: {}, limits: { user_burst: 20 }, functions: { "message.deliver": { reserved: 200 } }, operator: "linus", why: "A test", at_ms: NOON_MS },
  { version: 0, thresholds: {}, limits: {}, functions: {}, operator: "", why: "", at_ms: 0 },
];

const BEFORE: Delivery = { tier: "direct", step: "full", window_ms: 0, posts_per_s: 1_200 };

export const EFFECTS: readonly Effect[] = [
  { online: 100, rate_per_s: 12, size_bytes: 400, before: BEFORE, after: BEFORE },
  { online: 5_000, rate_per_s: 2, size_bytes: 400, before: BEFORE, after: { tier: "shared", step: "digest", window_ms: 1_000, posts_per_s: 5_000 } },
];

const CHAIN: Chain = { held: 418, days: 12, complete: true, breaks: [] };
const TREATED: Treated = {
  dry_run: true,
  looked_at: 4,
  chosen: 1,
  done: 0,
  failed: [],
  letters: [{ id: "l-1", sent_at_ms: NOON_MS, receives: 3, outline: "room=general seq=17" }],
};
const DEALT: Dealt = { id: "d-1" };

const ANSWERS: Readonly<Record<string, object>> = {
  "/api/oversight/rooms/general": ROOM,
  "/api/oversight/users/ada": USER,
  "/api/audit/chain": CHAIN,
  "/api/dead-letters/index/redrive": TREATED,
  "/api/dead-letters/index/discard": TREATED,
  "/api/flags": FLAG,
  "/api/scaling/rollback": DEALT,
};

/** Puts the stage behind `fetch`. What it does not know is not found. */
export function installStage(): void {
  globalThis.fetch = (path) => {
    const answer = typeof path === "string" ? ANSWERS[path] : undefined;
    const body = answer ?? { code: "not_found", message: "There is nothing here." };
    return Promise.resolve(new Response(JSON.stringify(body), { status: answer === undefined ? 404 : 200 }));
  };
}

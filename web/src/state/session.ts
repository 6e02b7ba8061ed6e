/**
 * Who is signed in, in this window. Kept in `sessionStorage` and not shared between windows, so that two windows can be two
 * people; it survives a reload.
 */

import { count, fields, type Fields, json, text } from "@agent-chat/client/shape";
import type { Session, SessionSource } from "@agent-chat/client/stage";

const KEY = "agent-chat.session";

/** Null where nobody is signed in, or the session has run out or cannot be read. */
export function loadSession(storage: Storage = sessionStorage): Session | null {
  const source = storage.getItem(KEY);
  if (source === null) return null;
  try {
    const it = fields(json(source, "session"), "session");
    const user = fields(it["user"], "session.user");
    const session = {
      token: text(it["token"], "session.token"),
      user: { id: text(user["id"], "session.user.id"), name: text(user["name"], "session.user.name") },
      expiresAtMs: count(it["expiresAtMs"], "session.expiresAtMs"),
      source: sourceOf(fields(it["source"] ?? {}, "session.source")),
    };
    return session.expiresAtMs > Date.now() || isRenewable(session) ? session : null;
  } catch (error) {
    console.warn("the stored session cannot be read:", error);
    return null;
  }
}

export function saveSession(session: Session, storage: Storage = sessionStorage): void {
  storage.setItem(KEY, JSON.stringify(session));
}

export function forgetSession(storage: Storage = sessionStorage): void {
  storage.removeItem(KEY);
}

/** Whether it can go on without the person. */
export function isRenewable({ source }: Session): boolean {
  return source?.kind === "open_id" && source.refreshToken !== null;
}

function sourceOf(it: Fields): SessionSource {
  if (it["kind"] === "wallet") return { kind: "wallet", wallet: text(it["wallet"], "session.source.wallet") };
  if (it["kind"] !== "open_id") return { kind: "name" };
  const token = it["refreshToken"];
  return { kind: "open_id", refreshToken: typeof token === "string" ? token : null };
}

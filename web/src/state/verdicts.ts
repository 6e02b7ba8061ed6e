/** What moderators can do about a message that was reported, besides ending its reports. */

import type { Copy } from "@agent-chat/client/changes";
import type { Author } from "@agent-chat/client/frames";
import { wished } from "@agent-chat/client/wishes";

import type { Conversation } from "./conversation";
import { MUTE_S } from "./members";

/** `dismiss` leaves the message and its author as they are. */
export type Verdict = "dismiss" | "remove" | "mute" | "ban";

/** Which of them make sense: of a message that can't be shown (null) nobody knows the author. */
export function verdictsOn(message: Copy | null, myId: string): Verdict[] {
  if (message === null) return ["dismiss"];
  const isAnothers = message.from !== null && message.from.id !== myId;
  const ofMessage: Verdict[] = message.kind === "deleted" || message.kind === "void" ? ["dismiss"] : ["dismiss", "remove"];
  return isAnothers ? [...ofMessage, "mute", "ban"] : ofMessage;
}

/** Does it, and ends the reports. Rejects as `Connection.request` does; the reports are then still open. */
export async function decide(talk: Conversation, me: Author, seq: number, message: Copy | null, verdict: Verdict): Promise<void> {
  await talk.reports.settle(seq, async () => {
    if (message !== null) await DEEDS[verdict](talk, me, message);
  });
}

type Deed = (talk: Conversation, me: Author, message: Copy) => Promise<unknown>;

const DEEDS: Readonly<Record<Verdict, Deed>> = {
  dismiss: () => Promise.resolve(),
  remove: async ({ connection, room }, me, message) => {
    const { seq } = message;
    const { version, rev } = await connection.request("delete", { room: room.id, seq });
    // The server tells the others only.
    const deleted = { ...wished(message, { kind: "delete" }, Date.now()), changed_by: me, version, rev };
    room.change({ type: "message_changed", message: deleted });
  },
  mute: async ({ connection, room }, _me, { from }) => {
    if (from !== null) await connection.request("mute", { room: room.id, user: from.id, for_s: MUTE_S });
  },
  ban: async ({ connection, room }, _me, { from }) => {
    if (from !== null) await connection.request("remove", { room: room.id, user: from.id, ban: true });
  },
};

/** The pictures, videos, sounds and documents that a room was sent, newest first. */

import type { Connection } from "@agent-chat/client/connection";
import type { Media } from "@agent-chat/client/frames";

import { FoundPages, type FoundView } from "./foundPages";

const PAGE = 50;

export function filesOf(connection: Pick<Connection, "request">, room: string): FoundPages {
  return new FoundPages((before) => connection.request("files", { room, before, limit: PAGE }));
}

/** A message and what it shows. */
export interface Shown {
  readonly seq: number;
  readonly author: string;
  readonly atMs: number;
  readonly media: Media;
}

export interface FilesByLook {
  /** Pictures and videos. */
  readonly seen: readonly Shown[];
  /** Sounds and documents. */
  readonly others: readonly Shown[];
}

/** What was found, as far as it is still there. */
export function byLook({ found }: Pick<FoundView, "found">): FilesByLook {
  const shown = found.flatMap(({ seq, from, sent_at_ms: atMs, media }) =>
    media === null ? [] : [{ seq, author: from?.name ?? "", atMs, media }],
  );
  const isSeen = ({ media: { kind } }: Shown): boolean => kind !== "audio" && kind !== "document";
  return { seen: shown.filter(isSeen), others: shown.filter((it) => !isSeen(it)) };
}

/** What an open room shows of itself. */

import type { MemberChanged, RoomChanged, RoomPace } from "./frames.ts";
import { RoomLog } from "./log.ts";

/** What happened to the room or its people, shown between messages: below number `afterSeq`, above the next. */
export interface Notice {
  readonly key: string;
  readonly afterSeq: number;
  readonly event: MemberChanged | RoomChanged;
}

/** Of a page that somebody scrolls towards. */
export type Paging = "idle" | "loading" | "failed";

export interface RoomView {
  /** `entering` also while the line is down for the first time; `refused`: see `failure`. */
  readonly phase: "entering" | "ready" | "refused";
  readonly failure: Error | null;
  readonly log: RoomLog;
  /** Since the room was entered here; the server keeps none. */
  readonly notices: readonly Notice[];
  readonly older: Paging;
  /** What the room goes without because so much is said in it. */
  readonly step: RoomPace["step"];
  /** The room is too large to be sent live: its messages are polled. */
  readonly isTailed: boolean;
  /** Missed messages could not be fetched; a person may try again. */
  readonly fillFailed: boolean;
}

export const UNENTERED: RoomView = {
  phase: "entering",
  failure: null,
  log: RoomLog.empty,
  notices: [],
  older: "idle",
  step: "full",
  isTailed: false,
  fillFailed: false,
};

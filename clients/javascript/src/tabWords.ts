/**
 * What the tabs of one user say to each other: one of them has the line to the server (the host), the others ask it (guests).
 *
 * Plain values, as `BroadcastChannel` copies them. Tabs may run different versions of the page while one is deployed: whoever
 * changes a word here raises `TABS_VERSION`, and the two kinds leave each other alone.
 */

import type { CarriedError } from "./carriedErrors.ts";
import type { ConnectionStatus, Positions } from "./connection.ts";
import type { Action, Commands, ServerEvent, Synced } from "./frames.ts";
import type { RequestOptions } from "./line.ts";

export const TABS_VERSION = 1;

/** From guests to the host. */
export type GuestWord = { readonly tab: string } & (
  | { readonly kind: "joined" | "nudge" | "moved" }
  | { readonly kind: "ask"; readonly number: number; readonly asked: Asked }
  | { readonly kind: "positions"; readonly positions: Positions }
);

/** From the host to all guests, or to the one that asked. */
export type HostWord =
  | { readonly kind: "leading"; readonly host: string; readonly status: ConnectionStatus }
  | { readonly kind: "result"; readonly to: string; readonly number: number; readonly result: unknown }
  | { readonly kind: "failure"; readonly to: string; readonly number: number; readonly error: CarriedError }
  | { readonly kind: "event"; readonly event: ServerEvent; readonly except: string | null }
  | { readonly kind: "excluded"; readonly room: string; readonly error: CarriedError }
  | { readonly kind: "changed"; readonly room: string | null; readonly except: string }
  | { readonly kind: "synced"; readonly newer: Synced }
  | { readonly kind: "rotated" }
  | { readonly kind: "where" };

export type Word = GuestWord | HostWord;

export interface Asked<A extends Action = Action> {
  readonly action: A;
  readonly command: Commands[A];
  readonly options: RequestOptions;
}

/** What a user may ask of their own account over HTTP: their data, its end, and the devices that they are told on. Fails as `stage.ts` does. */

import { count, fields, type Fields, list, text } from "./shape.ts";
import type { Stage } from "./stage.ts";

/** What an export has looked at, of what `total` counts. */
const COUNTED = ["messages", "changes", "reports", "bans"];

export interface DataExport {
  readonly isDone: boolean;
  /** 0–1, of what there was to look at when it began. */
  readonly share: number;
  /** Where it is done; their addresses work for 15 minutes. */
  readonly archives: readonly Archive[];
}

export interface Archive {
  readonly url: string;
  readonly sizeBytes: number;
}

export interface Devices {
  /** By which browsers know the sender of push messages. */
  readonly vapidPublicKey: string;
  readonly ids: readonly string[];
}

/** What one is told of a room while one is away: every message, those that mention one, nothing. */
export const ALERT_LEVELS = ["all", "mentions", "none"] as const;
export type AlertLevel = (typeof ALERT_LEVELS)[number];

/** Begins an export; one that is under way, or an hour old at most, is the answer instead. */
export async function beginExport(stage: Stage, token: string): Promise<DataExport> {
  return exportOf(await stage.call("POST", "/api/account/export", { token }));
}

/** How far the one that was begun is, with new addresses. */
export async function readExport(stage: Stage, token: string): Promise<DataExport> {
  return exportOf(await stage.call("GET", "/api/account/export", { token }));
}

/** Begins to erase all that the user has said and done. It can't be undone. */
export async function eraseAccount(stage: Stage, token: string, user: string): Promise<void> {
  await stage.call("POST", "/api/account/erasure", { token, body: { user } });
}

export async function readDevices(stage: Stage, token: string): Promise<Devices> {
  return devicesOf(await stage.call("GET", "/api/push/subscriptions", { token }));
}

/** The device's id. Whoever was told on this browser before is not any more. */
export async function registerDevice(stage: Stage, token: string, subscription: PushSubscriptionJSON): Promise<string> {
  const { endpoint, keys } = subscription;
  return text((await stage.call("POST", "/api/push/subscriptions", { token, body: { endpoint, keys } }))["id"], "device.id");
}

export async function removeDevice(stage: Stage, token: string, id: string): Promise<void> {
  await stage.call("DELETE", "/api/push/subscriptions", { token, body: { id } });
}

/** Null where nothing was chosen, so that the room's kind decides. Of a newer server's levels, too. */
export async function readAlertLevel(stage: Stage, token: string, room: string): Promise<AlertLevel | null> {
  const { level } = await stage.call("GET", `/api/push/levels/${encodeURIComponent(room)}`, { token });
  return ALERT_LEVELS.find((it) => it === level) ?? null;
}

export async function chooseAlertLevel(stage: Stage, token: string, room: string, level: AlertLevel): Promise<void> {
  await stage.call("POST", "/api/push/levels", { token, body: { room, level } });
}

function exportOf(it: Fields): DataExport {
  const done = fields(it["done"], "export.done");
  const total = count(it["total"], "export.total");
  const seen = COUNTED.reduce((sum, kind) => sum + count(done[kind] ?? 0, `export.done.${kind}`), 0);
  return {
    isDone: it["state"] === "done",
    share: total === 0 ? 0 : Math.min(1, seen / total),
    archives: list(archive)(it["archives"], "export.archives"),
  };
}

function archive(value: unknown, place: string): Archive {
  const it = fields(value, place);
  return { url: text(it["url"], `${place}.url`), sizeBytes: count(it["size_bytes"], `${place}.size_bytes`) };
}

function devicesOf(it: Fields): Devices {
  return {
    vapidPublicKey: text(it["vapid_public_key"], "devices.vapid_public_key"),
    ids: list(deviceId)(it["subscriptions"], "devices.subscriptions"),
  };
}

function deviceId(value: unknown, place: string): string {
  return text(fields(value, place)["id"], `${place}.id`);
}

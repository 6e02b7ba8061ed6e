/**
 * Frames as text and back: what the generated types leave open because it is this client's own affair.
 *
 * Decoding checks what the protocol promises and leaves fields behind that it does not have. No sockets and no state here.
 */

import {
  type Action,
  type Commands,
  events,
  LIMITS,
  refusal,
  type Refusal,
  type Results,
  results,
  type ServerEvent,
} from "./frames.generated.ts";
import { fields, json, text } from "./shape.ts";

export type * from "./frames.generated.ts";
export { ERROR_CODES, LIMITS, MAX_COMMANDS, MAX_PAGE, MAX_SYNCED, PROTOCOL_VERSION } from "./frames.generated.ts";

export const MAX_TEXT_CHARS = LIMITS.send.text.maxLength;
export const MAX_TITLE_CHARS = LIMITS.create.title.maxLength;
export const MAX_INVITED = LIMITS.create.members.maxItems;

/** The result is decoded by the action that asked for it: see `decodeResult`. */
export interface Ack {
  readonly type: "ack";
  readonly id: string;
  readonly result: unknown;
}

/** API Gateway's own error, which names no command. */
export interface GatewayFault {
  readonly type: "gateway_fault";
  readonly message: string;
}

/** A frame of a newer server, to be passed over. */
export interface UnknownFrame {
  readonly type: "unknown";
}

export type ServerFrame = Ack | Refusal | GatewayFault | ServerEvent | UnknownFrame;

/** The frames in one text message, not yet looked at: one, or a list of several. Throws `ShapeError` for no JSON. */
export function splitFrames(source: string): readonly unknown[] {
  const content = json(source, "frame");
  return Array.isArray(content) ? content : [content];
}

/** One frame; throws `ShapeError` when a known type lacks what it must have. */
export function readFrame(value: unknown): ServerFrame {
  const it = fields(value, "frame");
  const { type } = it;
  if (type === "ack") return { type, id: text(it["id"], "ack.id"), result: it["result"] };
  if (type === "error") return refusal(it, type);
  if (type === undefined) return { type: "gateway_fault", message: text(it["message"], "frame.message") };
  return isEventType(type) ? events[type](it, type) : { type: "unknown" };
}

function isEventType(type: unknown): type is ServerEvent["type"] {
  return typeof type === "string" && Object.hasOwn(events, type);
}

/** Whether a frame is an event: neither a reply nor what only a newer client knows. */
export function isEvent(frame: ServerFrame): frame is ServerEvent {
  return isEventType(frame.type);
}

/** The result of an acknowledged `action`; throws `ShapeError`. */
export function decodeResult<A extends Action>(action: A, result: unknown): Results[A] {
  return results[action](result, `${action}.result`);
}

/** A command as text. A frame is one, or several as a list: see `joinCommands`. */
export function encodeCommand<A extends Action>(action: A, id: string, command: Commands[A]): string {
  return JSON.stringify({ action, id, ...command });
}

/** Encoded commands as one frame. */
export function joinCommands(commands: readonly string[]): string {
  return commands.length === 1 ? commands.join() : `[${commands.join(",")}]`;
}

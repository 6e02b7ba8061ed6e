/**
 * Every frame on the wire: commands to the server, replies and events from it.
 *
 * The server's own definition stands in `layers/chat/python/chat/protocol.py`; names here are the names on the wire.
 * Decoding checks what this client uses and ignores fields it does not know. No sockets and no state here.
 */

import { count, fields, flag, json, list, optional, type Reader, text } from "./shape";

export const MAX_TEXT_CHARS = 8_000;
export const MAX_TITLE_CHARS = 80;
export const MAX_INVITED = 100;
export const MAX_PAGE = 100;

export type RoomKind = "public" | "private";

export interface Author {
  readonly id: string;
  readonly name: string;
}

/** `url` is a path on the page's own origin; sizes are in pixels. */
export interface Picture {
  readonly url: string;
  readonly content_type: string;
  readonly width: number;
  readonly height: number;
}

export interface Media {
  readonly id: string;
  readonly name: string;
  readonly original: Picture;
  readonly thumbnail: Picture;
}

/**
 * One entry of a room's log. `seq` counts 1, 2, 3 … in its room. `void` is a number that no message took;
 * `unsupported` stands for kinds that a newer server may know.
 */
export interface Message {
  readonly room: string;
  readonly seq: number;
  readonly kind: "text" | "image" | "void" | "unsupported";
  readonly from: Author | null;
  readonly text: string;
  readonly sent_at_ms: number;
  readonly command_id: string | null;
  readonly media: Media | null;
}

export interface Preview {
  readonly seq: number;
  readonly author: string;
  readonly text: string;
  readonly sent_at_ms: number;
}

export interface Room {
  readonly room: string;
  readonly title: string;
  readonly kind: RoomKind;
  readonly member: boolean;
  readonly latest: Preview | null;
}

export interface RoomEntered {
  readonly room: Room;
  readonly last_seq: number;
}

export interface Sent {
  readonly room: string;
  readonly seq: number;
  readonly sent_at_ms: number;
}

/** Numbers without holes, oldest first; `more` says whether there are older ones. */
export interface History {
  readonly room: string;
  readonly messages: readonly Message[];
  readonly more: boolean;
}

/** The fields of each command, without `action` and `id`. */
export interface Commands {
  rooms: object;
  create: { readonly title: string; readonly kind: RoomKind; readonly members: readonly string[] };
  join: { readonly room: string };
  leave: { readonly room: string };
  subscribe: { readonly room: string };
  unsubscribe: { readonly room: string };
  send: { readonly room: string; readonly text: string };
  history: { readonly room: string; readonly before: number | null; readonly limit: number };
  ping: object;
}

export interface Results {
  rooms: { readonly rooms: readonly Room[] };
  create: RoomEntered;
  join: RoomEntered;
  leave: object;
  subscribe: RoomEntered;
  unsubscribe: object;
  send: Sent;
  history: History;
  ping: { readonly now_ms: number };
}

export type Action = keyof Commands;

/** The result is decoded by the action that asked for it: see `decodeResult`. */
export interface Ack {
  readonly type: "ack";
  readonly id: string;
  readonly result: unknown;
}

/** `id` is null where the refused frame did not show one. */
export interface Refusal {
  readonly type: "error";
  readonly id: string | null;
  readonly code: string;
  readonly message: string;
  readonly temporary: boolean;
  readonly retry_after_ms: number | null;
}

/** API Gateway's own error, which names no command. */
export interface GatewayFault {
  readonly type: "gateway_fault";
  readonly message: string;
}

export interface MessagePosted {
  readonly type: "message";
  readonly message: Message;
}

export interface MediaRejected {
  readonly type: "media_rejected";
  readonly media: string;
  readonly room: string;
  readonly reason: string;
}

/** An event of a newer server, to be passed over. */
export interface UnknownEvent {
  readonly type: "unknown";
}

export type ServerEvent = MessagePosted | MediaRejected;
export type ServerFrame = Ack | Refusal | GatewayFault | ServerEvent | UnknownEvent;

const author: Reader<Author> = (value, path) => {
  const it = fields(value, path);
  return { id: text(it["id"], `${path}.id`), name: text(it["name"], `${path}.name`) };
};

const picture: Reader<Picture> = (value, path) => {
  const it = fields(value, path);
  return {
    url: text(it["url"], `${path}.url`),
    content_type: text(it["content_type"], `${path}.content_type`),
    width: count(it["width"], `${path}.width`),
    height: count(it["height"], `${path}.height`),
  };
};

const media: Reader<Media> = (value, path) => {
  const it = fields(value, path);
  return {
    id: text(it["id"], `${path}.id`),
    name: text(it["name"], `${path}.name`),
    original: picture(it["original"], `${path}.original`),
    thumbnail: picture(it["thumbnail"], `${path}.thumbnail`),
  };
};

const messageKind: Reader<Message["kind"]> = (value, path) => {
  const kind = text(value, path);
  return kind === "text" || kind === "image" || kind === "void" ? kind : "unsupported";
};

const message: Reader<Message> = (value, path) => {
  const it = fields(value, path);
  return {
    room: text(it["room"], `${path}.room`),
    seq: count(it["seq"], `${path}.seq`),
    kind: messageKind(it["kind"], `${path}.kind`),
    from: optional(author)(it["from"], `${path}.from`),
    text: text(it["text"], `${path}.text`),
    sent_at_ms: count(it["sent_at_ms"], `${path}.sent_at_ms`),
    command_id: optional(text)(it["command_id"], `${path}.command_id`),
    media: optional(media)(it["media"], `${path}.media`),
  };
};

const preview: Reader<Preview> = (value, path) => {
  const it = fields(value, path);
  return {
    seq: count(it["seq"], `${path}.seq`),
    author: text(it["author"], `${path}.author`),
    text: text(it["text"], `${path}.text`),
    sent_at_ms: count(it["sent_at_ms"], `${path}.sent_at_ms`),
  };
};

const room: Reader<Room> = (value, path) => {
  const it = fields(value, path);
  return {
    room: text(it["room"], `${path}.room`),
    title: text(it["title"], `${path}.title`),
    kind: it["kind"] === "private" ? "private" : "public",
    member: flag(it["member"], `${path}.member`),
    latest: optional(preview)(it["latest"], `${path}.latest`),
  };
};

const entered: Reader<RoomEntered> = (value, path) => {
  const it = fields(value, path);
  return { room: room(it["room"], `${path}.room`), last_seq: count(it["last_seq"], `${path}.last_seq`) };
};

const results: { readonly [A in Action]: Reader<Results[A]> } = {
  rooms: (value, path) => ({ rooms: list(room)(fields(value, path)["rooms"], `${path}.rooms`) }),
  create: entered,
  join: entered,
  leave: fields,
  subscribe: entered,
  unsubscribe: fields,
  send: (value, path) => {
    const it = fields(value, path);
    return {
      room: text(it["room"], `${path}.room`),
      seq: count(it["seq"], `${path}.seq`),
      sent_at_ms: count(it["sent_at_ms"], `${path}.sent_at_ms`),
    };
  },
  history: (value, path) => {
    const it = fields(value, path);
    return {
      room: text(it["room"], `${path}.room`),
      messages: list(message)(it["messages"], `${path}.messages`),
      more: flag(it["more"], `${path}.more`),
    };
  },
  ping: (value, path) => ({ now_ms: count(fields(value, path)["now_ms"], `${path}.now_ms`) }),
};

/** The result of an acknowledged `action`; throws `ShapeError`. */
export function decodeResult<A extends Action>(action: A, result: unknown): Results[A] {
  return results[action](result, `${action}.result`);
}

/** One frame as it came; throws `ShapeError` when it is not JSON or a known type lacks what it must have. */
export function decodeFrame(source: string): ServerFrame {
  const it = fields(json(source, "frame"), "frame");
  switch (it["type"]) {
    case "ack":
      return { type: "ack", id: text(it["id"], "ack.id"), result: it["result"] };
    case "error":
      return {
        type: "error",
        id: optional(text)(it["id"], "error.id"),
        code: text(it["code"], "error.code"),
        message: text(it["message"], "error.message"),
        temporary: it["temporary"] === true,
        retry_after_ms: optional(count)(it["retry_after_ms"], "error.retry_after_ms"),
      };
    case "message":
      return { type: "message", message: message(it["message"], "message") };
    case "media_rejected":
      return {
        type: "media_rejected",
        media: text(it["media"], "media_rejected.media"),
        room: text(it["room"], "media_rejected.room"),
        reason: text(it["reason"], "media_rejected.reason"),
      };
    case undefined:
      return { type: "gateway_fault", message: text(it["message"], "frame.message") };
    default:
      return { type: "unknown" };
  }
}

/** A command as the text of one frame. */
export function encodeCommand<A extends Action>(action: A, id: string, command: Commands[A]): string {
  return JSON.stringify({ action, id, ...command });
}

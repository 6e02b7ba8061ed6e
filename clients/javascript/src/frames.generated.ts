/**
 * Every frame on the wire, its limits, and readers of what the server sends.
 *
 * Written by `make contracts` from `layers/chat/python/chat/protocol/`; change that, then this follows.
 */

import { count, flag, known, list, map, optional, or, type Reader as Read, record, tag, text } from "./shape.ts";

export const PROTOCOL_VERSION = 1;
export const MAX_COMMANDS = 20;
export const MAX_TEXT_CHARS = 8_000;
export const MAX_PAGE = 100;
export const MAX_REPLY_BYTES = 120_000;
export const MAX_INVITED = 100;
export const MAX_SYNCED = 100;
export const MAX_MUTE_S = 2_592_000;
export const MAX_SLOW_MODE_S = 120;
export const MAX_BLOCKED_WORDS = 200;
export const MAX_REASON_CHARS = 500;
export const MAX_ASKED = 100;
export const TYPING_VALID_S = 10;
export const MAX_MENTIONED = 20;
export const MAX_EMOJI = 20;
export const MAX_PINS = 100;
export const MAX_NUMBER = 999_999_999_999_999;

export type RoomKind = "public" | "private" | "direct";

export type Role = "owner" | "moderator" | "member" | "reader" | "banned";

export type MediaKind = "image" | "video" | "audio" | "document";

export type MessageKind = "text" | "image" | "video" | "audio" | "document" | "void" | "deleted";

/** The codes of this version; a newer server may send others. */
export const ERROR_CODES = [
  "malformed",
  "unknown_action",
  "invalid_field",
  "unauthorized",
  "sign_in_refused",
  "not_a_member",
  "not_allowed",
  "muted",
  "blocked_word",
  "message_refused",
  "banned",
  "room_private",
  "tail_expired",
  "room_not_found",
  "sign_in_unavailable",
  "user_not_found",
  "tail_not_yet",
  "job_not_found",
  "upload_not_found",
  "message_not_found",
  "message_deleted",
  "upload_closed",
  "parts_missing",
  "account_erasing",
  "room_exists",
  "too_large",
  "unsupported_type",
  "slow_mode",
  "too_many_requests",
  "slow_down",
  "internal",
  "unavailable",
  "elsewhere",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * The session is usable. Heartbeat and rotation are the server's choice, so that clients spread themselves.
 *
 * `rotate_after_s`: open a new connection, subscribe on it, then close this one, before API Gateway does at 2 h.
 *
 * `variants`: what the user gets of what the stage tries out, by flag, unless a room makes a difference. Nothing that a
 * client does depends on it: it is there to be noted beside what the client measures.
 *
 * `epoch` is 0 until another Region has taken over, and grows whenever one does: whoever was acknowledged a message in
 * an earlier one shortly before, says it again (`restore`).
 */
export interface Ready {
  /** The protocol's. */
  readonly version: number;
  /** Whom the server takes the caller for. */
  readonly user: Author;
  /** The server's name for this connection. */
  readonly connection: string;
  /** The server's clock, ms since 1970. */
  readonly now_ms: number;
  /** Seconds between two `sync`. */
  readonly heartbeat_s: number;
  /** `rotate_after_s`: open a new connection, subscribe on it, then close this one, before API Gateway does at 2 h. */
  readonly rotate_after_s: number;
  /** When to come back after a cut. */
  readonly reconnect: Reconnection;
  /** `variants`: what the user gets of what the stage tries out, by flag, unless a room makes a difference. */
  readonly variants: Readonly<Record<string, string>>;
  /** Grows whenever another Region takes over; 0 before the first time. */
  readonly epoch: number;
}

/**
 * Public rooms and the caller's own, by title: usually all of them, else a page of what fits into a frame.
 *
 * The caller's own rooms come on the first pages. `after` continues the list; null at its end.
 */
export interface RoomList {
  /** By title. */
  readonly rooms: readonly Room[];
  /** `after` continues the list; null at its end. */
  readonly after: string | null;
}

/** `last_seq` is the number of the newest message at that moment, 0 in an empty room. */
export interface RoomEntered {
  /** As the caller sees it now. */
  readonly room: Room;
  /** `last_seq` is the number of the newest message at that moment, 0 in an empty room. */
  readonly last_seq: number;
}

/** Nothing more to say. */
export type Done = object;

/** `after` continues the list; null at its end. */
export interface MemberList {
  /** By user id. */
  readonly members: readonly Member[];
  /** `after` continues the list; null at its end. */
  readonly after: string | null;
}

/**
 * What is set for a room.
 *
 * `slow_mode_s` is 0 where members need not wait. `blocked_words` are shown to moderators, lower case and sorted;
 * others get an empty list. The stage may block more words in all rooms.
 */
export interface RoomSettings {
  /** A room's id. */
  readonly room: string;
  /** `slow_mode_s` is 0 where members need not wait. */
  readonly slow_mode_s: number;
  /** `blocked_words` are shown to moderators, lower case and sorted; others get an empty list. */
  readonly blocked_words: readonly string[];
}

/** `reports` by message number. `after` continues the list; null at its end. */
export interface ReportList {
  /** `reports` by message number. */
  readonly reports: readonly MessageReport[];
  /** `after` continues the list; null at its end. */
  readonly after: string | null;
}

/**
 * Messages above `last_seq` come live.
 *
 * `recovered`: everything between the client's number and `last_seq` is in `messages`, oldest first. Where it is false
 * `gap` is what the client lacks, to be paged with `history`, and `messages` is empty. Without a `gap` it has numbers
 * that the room never gave, as after a restore from a backup, and starts over. Without `after` both are empty and
 * `recovered` is true.
 *
 * `last_rev` is the client's next `after_rev`; a change below it that is still being stored keeps it lower than the
 * room's. `changed` has messages as they stand that have changed since, which may be such that the client never had, or
 * has in the same form. With `changes_gap` there were too many: the client reads again what it has of the room.
 *
 * With a `tail` neither messages nor changes come live: the client polls it. null where they do.
 */
export interface Subscribed {
  /** As the caller sees it now. */
  readonly room: Room;
  /** The newest number. Messages above it come live. */
  readonly last_seq: number;
  /**
   * `recovered`: everything between the client's number and `last_seq` is in `messages`, oldest first. Without `after`
   * both are empty and `recovered` is true.
   */
  readonly recovered: boolean;
  /** What came after the client's number, oldest first; empty where `recovered` is false. */
  readonly messages: readonly Message[];
  /**
   * Where it is false `gap` is what the client lacks, to be paged with `history`, and `messages` is empty. Without a
   * `gap` it has numbers that the room never gave, as after a restore from a backup, and starts over.
   */
  readonly gap: Range | null;
  /**
   * `last_rev` is the client's next `after_rev`; a change below it that is still being stored keeps it lower than the
   * room's.
   */
  readonly last_rev: number;
  /**
   * `changed` has messages as they stand that have changed since, which may be such that the client never had, or has
   * in the same form.
   */
  readonly changed: readonly Message[];
  /** With `changes_gap` there were too many: the client reads again what it has of the room. */
  readonly changes_gap: boolean;
  /** With a `tail` neither messages nor changes come live: the client polls it. null where they do. */
  readonly tail: Tail | null;
}

/**
 * The message is durable. `sent_at_ms` is the server's clock.
 *
 * `voucher` proves to the stage's other Regions that this message has this number; null in a stage of one Region.
 */
export interface Sent {
  /** A room's id. */
  readonly room: string;
  /** A message's number in its room. */
  readonly seq: number;
  /** `sent_at_ms` is the server's clock. */
  readonly sent_at_ms: number;
  /** `voucher` proves to the stage's other Regions that this message has this number; null in a stage of one Region. */
  readonly voucher: string | null;
}

/** The change is durable. `rev` is its number in the room, or of the last one where nothing was left to do. */
export interface Changed {
  /** A room's id. */
  readonly room: string;
  /** A message's number in its room. */
  readonly seq: number;
  /** The message's version as it stands. */
  readonly version: number;
  /** The change's number in the room, or the last one's where nothing was left to do. */
  readonly rev: number;
}

/** `reactions` of the message as they stand, most frequent first. `rev` as in `Changed`. */
export interface Reacted {
  /** A room's id. */
  readonly room: string;
  /** A message's number in its room. */
  readonly seq: number;
  /** `rev` as in `Changed`. */
  readonly rev: number;
  /** `reactions` of the message as they stand, most frequent first. */
  readonly reactions: readonly Reaction[];
}

/** `after` continues the list; null at its end. */
export interface ReactionList {
  /** Most frequent first. */
  readonly reactions: readonly Reactor[];
  /** `after` continues the list; null at its end. */
  readonly after: string | null;
}

/** By number, as many as fit into a frame. `after` continues the list; null at its end. */
export interface PinList {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** `after` continues the list; null at its end. */
  readonly after: number | null;
}

/**
 * Numbers without holes but those still being stored, oldest first.
 *
 * `more` says whether there are older ones than these, `newer` whether there are newer ones. Fewer than were asked for
 * where their texts are long: a page fits into one frame.
 */
export interface History {
  /** A room's id. */
  readonly room: string;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** `more` says whether there are older ones than these, `newer` whether there are newer ones. */
  readonly more: boolean;
  /** `more` says whether there are older ones than these, `newer` whether there are newer ones. */
  readonly newer: boolean;
}

/**
 * `messages` are newest first. Where `before` is a number, the command with it continues.
 *
 * A page may be short, even empty, and still continue.
 */
export interface Found {
  /** A room's id. */
  readonly room: string;
  /** `messages` are newest first. */
  readonly messages: readonly Message[];
  /** Where `before` is a number, the command with it continues. */
  readonly before: number | null;
}

/**
 * The newest numbers of those rooms in which the client lacks some.
 *
 * `outside` has those of the command's rooms that the user was not in a moment ago, so that a client learns of a
 * removal that it was never told of. What `subscribe` says of such a room holds.
 *
 * `revs` has the numbers of the newest changes likewise: they are fetched by `subscribe` with `after_rev`. `tails` has
 * those of the command's `revs` whose tail the client is to follow, anew each time; messages of the others come live.
 */
export interface Synced {
  /** By room id, the newest number there is. */
  readonly rooms: Readonly<Record<string, number>>;
  /** The server's clock, ms since 1970. */
  readonly now_ms: number;
  /**
   * `revs` has the numbers of the newest changes likewise: they are fetched by `subscribe` with `after_rev`. `tails`
   * has those of the command's `revs` whose tail the client is to follow, anew each time; messages of the others come
   * live.
   */
  readonly revs: Readonly<Record<string, number>>;
  /**
   * `tails` has those of the command's `revs` whose tail the client is to follow, anew each time; messages of the
   * others come live.
   */
  readonly tails: Readonly<Record<string, Tail>>;
  /**
   * `outside` has those of the command's rooms that the user was not in a moment ago, so that a client learns of a
   * removal that it was never told of.
   */
  readonly outside: readonly string[];
}

/**
 * `online` counts users, `users` names them by id, as of `as_of_ms`.
 *
 * A user is online while one of their sockets is open. Others hear of a change as it comes, of somebody's going 10
 * seconds after it; what is said here is what others were told. `room` is null where users were asked for.
 *
 * In a room with more than 100 members nobody is named and `listed` is false. `online` is then how many users have the
 * room open: counted anew when `as_of_ms` is older than a millisecond for each of their sockets.
 */
export interface Presence {
  /** The room that was asked for; null where users were. */
  readonly room: string | null;
  /**
   * `online` counts users, `users` names them by id, as of `as_of_ms`. `online` is then how many users have the room
   * open: counted anew when `as_of_ms` is older than a millisecond for each of their sockets.
   */
  readonly online: number;
  /** In a room with more than 100 members nobody is named and `listed` is false. */
  readonly listed: boolean;
  /** `online` counts users, `users` names them by id, as of `as_of_ms`. */
  readonly users: readonly Author[];
  /**
   * `online` counts users, `users` names them by id, as of `as_of_ms`. `online` is then how many users have the room
   * open: counted anew when `as_of_ms` is older than a millisecond for each of their sockets.
   */
  readonly as_of_ms: number;
}

/**
 * `count` members have read at least up to `seq`; `readers` are some of them, in no order.
 *
 * `after` continues the page, null at the end. A page may be short, even empty, and still continue.
 *
 * `count` is as of `as_of_ms`. With up to 1,000 readers in the room that is now; with more it is at most a millisecond
 * ago for each of them, and `count` may be low by half a percent of them.
 */
export interface Receipts {
  /** A room's id. */
  readonly room: string;
  /** The number that was asked for. */
  readonly seq: number;
  /**
   * `count` members have read at least up to `seq`; `readers` are some of them, in no order. `count` is as of
   * `as_of_ms`. With up to 1,000 readers in the room that is now; with more it is at most a millisecond ago for each of
   * them, and `count` may be low by half a percent of them.
   */
  readonly count: number;
  /** `count` is as of `as_of_ms`. */
  readonly as_of_ms: number;
  /** `count` members have read at least up to `seq`; `readers` are some of them, in no order. */
  readonly readers: readonly Reader[];
  /** `after` continues the page, null at the end. */
  readonly after: string | null;
}

/** The server's clock, ms since 1970. */
export interface Pong {
  /** The server's clock, ms since 1970. */
  readonly now_ms: number;
}

/**
 * `GET {path}/live`: where the room is, and its newest part. Cached for a second.
 *
 * `messages` are those of the last segment, as far as they are stored: numbers from 64 times `segment` on. `changed`
 * are messages as they stand that were changed behind `changed_after`, in the order of their changes, up to `last_rev`.
 * A client that knows less than that reads pages of changes. `messages` are as they were at `last_rev` or later. The
 * next poll is due `poll_ms` after this one.
 */
export interface TailLive {
  /** A room's id. */
  readonly room: string;
  /** The room's newest number at that moment; 0 in an empty room. */
  readonly last_seq: number;
  /** `messages` are those of the last segment, as far as they are stored: numbers from 64 times `segment` on. */
  readonly segment: number;
  /**
   * `messages` are those of the last segment, as far as they are stored: numbers from 64 times `segment` on. `messages`
   * are as they were at `last_rev` or later.
   */
  readonly messages: readonly Message[];
  /**
   * `changed` are messages as they stand that were changed behind `changed_after`, in the order of their changes, up to
   * `last_rev`.
   */
  readonly changed_after: number;
  /**
   * `changed` are messages as they stand that were changed behind `changed_after`, in the order of their changes, up to
   * `last_rev`.
   */
  readonly changed: readonly Message[];
  /**
   * `changed` are messages as they stand that were changed behind `changed_after`, in the order of their changes, up to
   * `last_rev`. `messages` are as they were at `last_rev` or later.
   */
  readonly last_rev: number;
  /** The next poll is due `poll_ms` after this one. */
  readonly poll_ms: number;
}

/**
 * `GET {path}/segments/{segment}`: the messages with numbers from 64 times `segment` on, 64 of them, oldest first.
 *
 * `closed`: each is there, or is `void`; it stays as it is and is kept by caches. `rev`: what was changed later may be
 * missing, so a client that knows of later changes applies them, or reads these numbers from the history.
 */
export interface TailSegment {
  /** A room's id. */
  readonly room: string;
  /**
   * `GET {path}/segments/{segment}`: the messages with numbers from 64 times `segment` on, 64 of them, oldest first.
   */
  readonly segment: number;
  /** Oldest first. */
  readonly messages: readonly Message[];
  /**
   * `rev`: what was changed later may be missing, so a client that knows of later changes applies them, or reads these
   * numbers from the history.
   */
  readonly rev: number;
  /** `closed`: each is there, or is `void`; it stays as it is and is kept by caches. */
  readonly closed: boolean;
}

/**
 * `GET {path}/changes/{page}`: what was changed by the changes with numbers from 64 times `page` on, 64 of them.
 *
 * `changed` are the messages as they stood when it was made, each in its last change's place. `last_rev` is the change
 * up to which that is everything; where it is the page's last, the page is `closed` and kept by caches.
 */
export interface TailChanges {
  /** A room's id. */
  readonly room: string;
  /** `GET {path}/changes/{page}`: what was changed by the changes with numbers from 64 times `page` on, 64 of them. */
  readonly page: number;
  /** `changed` are the messages as they stood when it was made, each in its last change's place. */
  readonly changed: readonly Message[];
  /**
   * `last_rev` is the change up to which that is everything; where it is the page's last, the page is `closed` and kept
   * by caches.
   */
  readonly last_rev: number;
  /**
   * `last_rev` is the change up to which that is everything; where it is the page's last, the page is `closed` and kept
   * by caches.
   */
  readonly closed: boolean;
}

/**
 * The window in which a lost connection is opened again: full jitter between nothing and a growing limit.
 *
 * The limit starts at `first_ms` and doubles up to `most_ms`.
 */
export interface Reconnection {
  /** The limit before the first attempt. */
  readonly first_ms: number;
  /** What the limit grows to. */
  readonly most_ms: number;
}

/** Somebody in a room. `muted_until_ms` is null for who may speak. */
export interface Member {
  /** Who it is. */
  readonly user: Author;
  /** What they may do in the room. */
  readonly role: Role | "unknown";
  /** `muted_until_ms` is null for who may speak. */
  readonly muted_until_ms: number | null;
}

/** A member's report of the message `seq`. `by` is who reported it. */
export interface MessageReport {
  /** A member's report of the message `seq`. */
  readonly seq: number;
  /** `by` is who reported it. */
  readonly by: Author;
  /** Why, in words for people. */
  readonly reason: string;
  /** When: the server's clock, ms since 1970. */
  readonly reported_at_ms: number;
}

/**
 * A room as one user sees it. A direct room's title is the other user's id.
 *
 * `role` is null for who is not in it. `unread` is `last_seq` less `read_seq`; all three are 0 for who is not in it.
 * `last_rev` is the number of the newest change to a message; 0 where there is none, and for who is not in it.
 */
export interface Room {
  /** Its id. */
  readonly room: string;
  /** What people call the room. */
  readonly title: string;
  /** A public room is open to everybody, a private one to those invited, a direct one to two. */
  readonly kind: RoomKind | "unknown";
  /** Whether the caller is in it. */
  readonly member: boolean;
  /** `role` is null for who is not in it. */
  readonly role: Role | "unknown" | null;
  /** The number of its newest message. */
  readonly last_seq: number;
  /** Up to where the caller has read it, on whatever device. */
  readonly read_seq: number;
  /** `unread` is `last_seq` less `read_seq`; all three are 0 for who is not in it. */
  readonly unread: number;
  /** Null in an empty room. */
  readonly latest: Preview | null;
  /** `last_rev` is the number of the newest change to a message; 0 where there is none, and for who is not in it. */
  readonly last_rev: number;
}

/** Numbers from `first` to `last`, both included. */
export interface Range {
  /** Numbers from `first` to `last`, both included. */
  readonly first: number;
  /** Numbers from `first` to `last`, both included. */
  readonly last: number;
}

/** Who reacted with what, and when. */
export interface Reactor {
  /** Who reacted. */
  readonly user: Author;
  /** An emoji, or a name such as `:party:`. */
  readonly emoji: string;
  /** When: the server's clock, ms since 1970. */
  readonly reacted_at_ms: number;
}

/** A member who has read the room up to `seq`. They moved on to it at `read_at_ms`. */
export interface Reader {
  /** Who it is. */
  readonly user: Author;
  /** Up to where they have read. */
  readonly seq: number;
  /** They moved on to it at `read_at_ms`. */
  readonly read_at_ms: number;
}

/**
 * Where the room's newest messages and changes are polled: `GET` of `path` with `/live` behind it, and others.
 *
 * It is given to who may read the room, is the same for all of them, and ends `valid_ms` after it was given. `poll_ms`
 * is the pause between two polls until an answer says another.
 */
export interface Tail {
  /** Where the room's newest messages and changes are polled: `GET` of `path` with `/live` behind it, and others. */
  readonly path: string;
  /** `poll_ms` is the pause between two polls until an answer says another. */
  readonly poll_ms: number;
  /** It is given to who may read the room, is the same for all of them, and ends `valid_ms` after it was given. */
  readonly valid_ms: number;
}

/**
 * One entry of a room's log as it stands. `seq` counts 1, 2, 3 … in its room.
 *
 * Where another Region has taken over, it goes on from a far higher number. What lies between is told as one `void`
 * entry whose `until` is the last of those numbers; should the first Region have given some of them, they are told as
 * changes once they arrive. `until` is 0 for all else.
 *
 * Of two copies the one with the higher `rev` is newer. `kind`: `void` is a number that no message took, `deleted` one
 * whose message is gone. `thread` is the number of the message that a reply's thread is named by. `replies` and
 * `last_reply_seq` are of the thread that this message names: its replies, deleted ones included, and the newest of
 * them, 0 where there is none; a client counts replies above `last_reply_seq` that it gets itself. `version` is 1 until
 * it is edited. `changed_by` and `changed_at_ms` are of the last edit, or of its deletion. `mine` are the emoji that
 * the reader reacted with; null in what goes to many.
 */
export interface Message {
  /** A room's id. */
  readonly room: string;
  /** Its number: 1, 2, 3 … in its room. */
  readonly seq: number;
  /** `kind`: `void` is a number that no message took, `deleted` one whose message is gone. */
  readonly kind: MessageKind | "unknown";
  /** Who said it; null where nobody did. */
  readonly from: Author | null;
  /** What was said. */
  readonly text: string;
  /** When it was stored: the server's clock, ms since 1970. */
  readonly sent_at_ms: number;
  /** The `id` of the command that posted it; null where none did. */
  readonly command_id: string | null;
  /** The image of a message of kind `image`; null in others. */
  readonly media: Media | null;
  /** The number of the message that it answers; null where it answers none. */
  readonly reply_to: number | null;
  /** `thread` is the number of the message that a reply's thread is named by. */
  readonly thread: number | null;
  /**
   * `replies` and `last_reply_seq` are of the thread that this message names: its replies, deleted ones included, and
   * the newest of them, 0 where there is none; a client counts replies above `last_reply_seq` that it gets itself.
   */
  readonly replies: number;
  /**
   * `replies` and `last_reply_seq` are of the thread that this message names: its replies, deleted ones included, and
   * the newest of them, 0 where there is none; a client counts replies above `last_reply_seq` that it gets itself.
   */
  readonly last_reply_seq: number;
  /** 1 until it is edited. */
  readonly version: number;
  /** When it was edited last, or deleted: ms since 1970; null where it never was. */
  readonly changed_at_ms: number | null;
  /** Who edited it last, or deleted it; null where nobody did. */
  readonly changed_by: Author | null;
  /** Ids of the members whom the text mentions by name. */
  readonly mentions: readonly string[];
  /** Whether it mentions everybody. */
  readonly mentions_room: boolean;
  /** Most frequent first. */
  readonly reactions: readonly Reaction[];
  /** The emoji that the reader reacted with; null in what goes to many. */
  readonly mine: readonly string[] | null;
  /** Whether it is pinned to its room. */
  readonly pinned: boolean;
  /** The number of its last change in the room; 0 where there was none. */
  readonly rev: number;
  /** The last of the numbers that a `void` entry stands for; 0 where it is its own alone. */
  readonly until: number;
}

/** A room's newest message as lists show it, at most a few seconds old; text cut at 80 characters. */
export interface Preview {
  /** A message's number in its room. */
  readonly seq: number;
  /** The name of who said it; empty where nobody did. */
  readonly author: string;
  /** What was said. */
  readonly text: string;
  /** When it was stored: the server's clock, ms since 1970. */
  readonly sent_at_ms: number;
}

/**
 * An image, a video, a sound or a document in a message. All forms are upright and have no metadata.
 *
 * `original`, `thumbnail`, `hash` and `variants` are of the picture that stands for it: the image itself, a frame of
 * the video, the waveform of the sound, the document's first page. `original` is the largest one that every client can
 * show, `thumbnail` one of at most 480 by 480 pixels. `hash` is the picture's ThumbHash in base64, which a client
 * paints until it has more. `variants` go from small to large, and in one size from the type that compresses best to
 * the one that everything shows. Images of before there were variants have none, and no hash.
 *
 * `files` are what is played or fetched, the one that every client can use first: of a video an MP4 and an HLS
 * playlist, of a sound an MP4, of a document itself; an image has none. `duration_ms` and `waveform` (64 peaks from 0
 * to 255, in base64) are of what has them, `pages` of a PDF.
 */
export interface Media {
  /** The server's name for it. */
  readonly id: string;
  /** As it is shown to people. */
  readonly name: string;
  /**
   * `original`, `thumbnail`, `hash` and `variants` are of the picture that stands for it: the image itself, a frame of
   * the video, the waveform of the sound, the document's first page. `original` is the largest one that every client
   * can show, `thumbnail` one of at most 480 by 480 pixels.
   */
  readonly original: Picture;
  /**
   * `original`, `thumbnail`, `hash` and `variants` are of the picture that stands for it: the image itself, a frame of
   * the video, the waveform of the sound, the document's first page. `original` is the largest one that every client
   * can show, `thumbnail` one of at most 480 by 480 pixels.
   */
  readonly thumbnail: Picture;
  /**
   * `original`, `thumbnail`, `hash` and `variants` are of the picture that stands for it: the image itself, a frame of
   * the video, the waveform of the sound, the document's first page. `hash` is the picture's ThumbHash in base64, which
   * a client paints until it has more.
   */
  readonly hash: string | null;
  /**
   * `original`, `thumbnail`, `hash` and `variants` are of the picture that stands for it: the image itself, a frame of
   * the video, the waveform of the sound, the document's first page. `variants` go from small to large, and in one size
   * from the type that compresses best to the one that everything shows.
   */
  readonly variants: readonly Variant[];
  /** What it is. `void` is a number that no message took. */
  readonly kind: MediaKind | "unknown";
  /**
   * `files` are what is played or fetched, the one that every client can use first: of a video an MP4 and an HLS
   * playlist, of a sound an MP4, of a document itself; an image has none.
   */
  readonly files: readonly MediaFile[];
  /** `duration_ms` and `waveform` (64 peaks from 0 to 255, in base64) are of what has them, `pages` of a PDF. */
  readonly duration_ms: number | null;
  /** `duration_ms` and `waveform` (64 peaks from 0 to 255, in base64) are of what has them, `pages` of a PDF. */
  readonly waveform: string | null;
  /** `duration_ms` and `waveform` (64 peaks from 0 to 255, in base64) are of what has them, `pages` of a PDF. */
  readonly pages: number | null;
}

/** Who said it, as their sign-in named them when they did. */
export interface Author {
  /** The user's id. */
  readonly id: string;
  /** The name they signed in with. */
  readonly name: string;
}

/** How many users reacted with one emoji. */
export interface Reaction {
  /** An emoji, or a name such as `:party:`. */
  readonly emoji: string;
  /** How many users. */
  readonly count: number;
}

/** One stored form of an image. `url` is a path on the site's own origin; sizes are in pixels. */
export interface Picture {
  /** `url` is a path on the site's own origin; sizes are in pixels. */
  readonly url: string;
  /** Of the bytes behind `url`, such as `image/webp`. */
  readonly content_type: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** One form of an image. `url` is a path on the site's own origin, its bytes never change; sizes are in pixels. */
export interface Variant {
  /** `url` is a path on the site's own origin, its bytes never change; sizes are in pixels. */
  readonly url: string;
  /** Of the bytes behind `url`, such as `image/webp`. */
  readonly content_type: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** How many bytes there are behind `url`. */
  readonly size_bytes: number;
}

/**
 * What is played or fetched. `url` is a path on the site's own origin, its bytes never change.
 *
 * `width` and `height` are of moving pictures, 0 where there are none. `size_bytes` is all that is behind the URL: of a
 * playlist its segments, too.
 */
export interface MediaFile {
  /** `url` is a path on the site's own origin, its bytes never change. */
  readonly url: string;
  /** Of the bytes behind `url`, such as `image/webp`. */
  readonly content_type: string;
  /** `size_bytes` is all that is behind the URL: of a playlist its segments, too. */
  readonly size_bytes: number;
  /** `width` and `height` are of moving pictures, 0 where there are none. */
  readonly width: number;
  /** `width` and `height` are of moving pictures, 0 where there are none. */
  readonly height: number;
}

/** The fields of each command, without `action` and `id`. */
export interface Commands {
  /**
   * The first command of a connection: who one is, and how to keep the connection well.
   *
   * `epoch` is the highest that any `Ready` has told: a Region that has not heard of it refuses with `elsewhere`.
   */
  hello: { readonly client?: string; readonly epoch?: number };
  /** The public rooms and the caller's own. */
  rooms: { readonly after?: string | null };
  /**
   * Makes a room and the caller its first member; `members` are invited by user id.
   *
   * `room` is chosen by the server unless given; a taken one answers `room_exists`. Repeating the command with the same
   * `id` answers with the room that the first one made, to who still is in it.
   */
  create: {
    readonly title: string;
    readonly kind?: "public" | "private";
    readonly room?: string | null;
    readonly members?: readonly string[];
  };
  /** The one room of the caller and `user`, made by whoever asks first; the other is told. */
  direct: { readonly user: string };
  /** Makes the caller a member of a public room; a member who joins again changes nothing. */
  join: { readonly room: string };
  /**
   * Ends the caller's membership and all their subscriptions to the room.
   *
   * An owner first hands the room over, or leaves last.
   */
  leave: { readonly room: string };
  /** Makes `user` a member. In a private room for its owner and moderators, in a public one for every member. */
  invite: { readonly room: string; readonly user: string };
  /**
   * Ends another's membership; with `ban`, keeps them out. Moderators remove whom they outrank.
   *
   * Their open sockets get nothing more of the room, and they read nothing of it, within 10 seconds.
   */
  remove: { readonly room: string; readonly user: string; readonly ban?: boolean };
  /** Lets a banned user in again, by joining or invitation. */
  unban: { readonly room: string; readonly user: string };
  /**
   * Keeps a member from posting for `for_s` seconds, at most 30 days; 0 ends it.
   *
   * Leaving and coming back does not end it.
   */
  mute: { readonly room: string; readonly user: string; readonly for_s: number };
  /**
   * Gives a member another role. Owners only.
   *
   * A reader who leaves and comes back is a reader again, for 180 days.
   */
  set_role: { readonly room: string; readonly user: string; readonly role: "moderator" | "member" | "reader" };
  /** Makes another member the owner and the caller a moderator. */
  transfer: { readonly room: string; readonly user: string };
  /** A page of the room's members by user id, behind `after`. Members only. */
  members: { readonly room: string; readonly after?: string | null; readonly limit?: number };
  /**
   * Changes what is set for a room, and nothing that is left out. Moderators.
   *
   * `slow_mode_s`: seconds between two messages of a member, 1 to 120; 0 ends it. Moderators need not wait.
   * `blocked_words`: the whole list, single words of letters and digits up to 40 characters; case and Unicode forms
   * make no difference. Both are in force everywhere within 10 seconds.
   */
  configure: {
    readonly room: string;
    readonly slow_mode_s?: number | null;
    readonly blocked_words?: readonly string[] | null;
  };
  /** What is set for a room. Members only. */
  settings: { readonly room: string };
  /** Tells the room's moderators of a message. Once a user and message: the first report stays. */
  report: { readonly room: string; readonly seq: number; readonly reason: string };
  /** A page of the room's reports, of the last 180 days, behind `after`. Moderators. */
  reports: { readonly room: string; readonly after?: string | null; readonly limit?: number };
  /**
   * Ends all reports of a message: a moderator has decided. Moderators.
   *
   * Twice is once. Deciding changes nothing else: what is to go or who, `delete`, `mute` and `remove` see to. Whoever
   * reported it may do so again.
   */
  settle: { readonly room: string; readonly seq: number };
  /**
   * Asks for the room's messages on this connection. Members only.
   *
   * `after` is the newest number that the client has: up to 100 messages behind it come with the reply, of more it says
   * the exact range. Without it nothing is replayed. `after_rev` is the `last_rev` up to which the client knows what
   * became of messages it has: up to 100 later changes come with the reply.
   */
  subscribe: { readonly room: string; readonly after?: number | null; readonly after_rev?: number | null };
  /** Ends the room's messages on this connection. */
  unsubscribe: { readonly room: string };
  /**
   * Stores one text and delivers it to the room.
   *
   * Sent again with the same `id` within 24 h, it keeps its number, and whoever has it already drops what comes again.
   * `@` and a member's id in the text mentions them, `@room` from a moderator everybody. `reply_to` is the number of
   * what it answers: both are in one thread then, named by the number of the message that the first answer was to.
   */
  send: { readonly room: string; readonly text: string; readonly reply_to?: number | null };
  /**
   * Says again what was acknowledged in a Region that has been lost since: it keeps its number.
   *
   * `id`, `room`, `text` and `reply_to` as in the `send`; `seq`, `sent_at_ms` and `voucher` as in what answered it.
   * Whether the message has come from its Region by itself meanwhile makes no difference.
   */
  restore: {
    readonly room: string;
    readonly text: string;
    readonly seq: number;
    readonly sent_at_ms: number;
    readonly voucher: string;
    readonly reply_to?: number | null;
  };
  /**
   * Gives the caller's own message another text.
   *
   * Edits at the same time get versions one after the other, and the highest is what stands. Sent again with the same
   * `id` within 24 h, it keeps its version. A deleted message answers `message_deleted`.
   */
  edit: { readonly room: string; readonly seq: number; readonly text: string };
  /**
   * Leaves nothing of a message but its number. Its author, and moderators.
   *
   * Its text, image, reactions and pin are gone; replies to it stay. Twice is once.
   */
  delete: { readonly room: string; readonly seq: number };
  /** Adds the caller's reaction to a message, with `remove` takes it away; twice is once. */
  react: { readonly room: string; readonly seq: number; readonly emoji: string; readonly remove?: boolean };
  /**
   * A page of who reacted to a message, with what, in no order, behind `after`.
   *
   * `emoji` asks for that one only.
   */
  reactions: {
    readonly room: string;
    readonly seq: number;
    readonly emoji?: string | null;
    readonly after?: string | null;
    readonly limit?: number;
  };
  /** Pins a message to its room, with `remove` unpins it; twice is once. Moderators. */
  pin: { readonly room: string; readonly seq: number; readonly remove?: boolean };
  /** The room's pinned messages, behind the number `after`. Members only. */
  pins: { readonly room: string; readonly after?: number | null };
  /**
   * Up to `limit` messages, oldest first.
   *
   * Numbered below `before`, above `after`, or with the number `around` in their middle; one of them, or none for the
   * newest. `thread` asks for the replies in that thread only, not for the message that it is named by, and goes with
   * `before` or `after`.
   */
  history: {
    readonly room: string;
    readonly thread?: number | null;
    readonly before?: number | null;
    readonly after?: number | null;
    readonly around?: number | null;
    readonly limit?: number;
  };
  /**
   * The messages with all words of `query` (up to 8), whatever their case and accents. Members only.
   *
   * A message is found a few seconds after it was posted. `before` continues a search below a number.
   */
  search: { readonly room: string; readonly query: string; readonly before?: number | null; readonly limit?: number };
  /**
   * The messages that show a picture, a video, a sound or a document. Members only.
   *
   * One is listed a few seconds after it was posted. `before` continues the list below a number.
   */
  files: { readonly room: string; readonly before?: number | null; readonly limit?: number };
  /** The caller has read the room up to `seq`, on whatever device; never moves back. */
  read: { readonly room: string; readonly seq: number };
  /**
   * The newest number the client has of each room it follows.
   *
   * Sent every `Ready.heartbeat_s`, it also keeps the connection from idling out. `revs` has, by room, the `last_rev`
   * up to which the client knows all changes.
   */
  sync: { readonly rooms: Readonly<Record<string, number>>; readonly revs?: Readonly<Record<string, number>> };
  /**
   * The caller is typing in the room. Sent again every 5 seconds while they do.
   *
   * Who looks at the room is told, at most once in 5 seconds for each user. Nobody is told in a room with more than 100
   * sockets, beyond five users at a time, or when there is too much else to do; the reply is the same.
   */
  typing: { readonly room: string };
  /**
   * Who is online: of a `room`, for its members only, or of `users`.
   *
   * One of the two is given.
   */
  presence: { readonly room?: string | null; readonly users?: readonly string[] | null };
  /**
   * How many members have read at least up to `seq`, and a page of who, behind `after`.
   *
   * Members only. A room may have any size.
   */
  receipts: { readonly room: string; readonly seq: number; readonly after?: string | null; readonly limit?: number };
  /** Keeps the connection from idling out (10 min). */
  ping: object;
}

/** What a command's field may be at most and at least. */
export const LIMITS = {
  hello: { client: { maxLength: 100 }, epoch: { min: 0, max: 999_999_999_999_999 } },
  create: { title: { maxLength: 80, minLength: 1 }, members: { maxItems: 100 } },
  direct: { user: { maxLength: 128, minLength: 1 } },
  invite: { user: { maxLength: 128, minLength: 1 } },
  remove: { user: { maxLength: 128, minLength: 1 } },
  unban: { user: { maxLength: 128, minLength: 1 } },
  mute: { user: { maxLength: 128, minLength: 1 }, for_s: { min: 0, max: 2_592_000 } },
  set_role: { user: { maxLength: 128, minLength: 1 } },
  transfer: { user: { maxLength: 128, minLength: 1 } },
  members: { limit: { min: 1, max: 100 } },
  report: { seq: { min: 1, max: 999_999_999_999_999 }, reason: { maxLength: 500, minLength: 1 } },
  reports: { limit: { min: 1, max: 100 } },
  settle: { seq: { min: 1, max: 999_999_999_999_999 } },
  send: { text: { maxLength: 8_000, minLength: 1 } },
  restore: {
    text: { maxLength: 8_000, minLength: 1 },
    seq: { min: 1, max: 999_999_999_999_999 },
    sent_at_ms: { min: 0, max: 999_999_999_999_999 },
    voucher: { maxLength: 64, minLength: 1 },
  },
  edit: { seq: { min: 1, max: 999_999_999_999_999 }, text: { maxLength: 8_000, minLength: 1 } },
  delete: { seq: { min: 1, max: 999_999_999_999_999 } },
  react: { seq: { min: 1, max: 999_999_999_999_999 }, emoji: { maxLength: 32, minLength: 1 } },
  reactions: { seq: { min: 1, max: 999_999_999_999_999 }, limit: { min: 1, max: 100 } },
  pin: { seq: { min: 1, max: 999_999_999_999_999 } },
  history: { limit: { min: 1, max: 100 } },
  search: { query: { maxLength: 200, minLength: 1 }, limit: { min: 1, max: 100 } },
  files: { limit: { min: 1, max: 100 } },
  read: { seq: { min: 1, max: 999_999_999_999_999 } },
  sync: { rooms: { maxItems: 100 }, revs: { maxItems: 100 } },
  receipts: { seq: { min: 1, max: 999_999_999_999_999 }, limit: { min: 1, max: 100 } },
} as const;

/** The result of each command. */
export interface Results {
  hello: Ready;
  rooms: RoomList;
  create: RoomEntered;
  direct: RoomEntered;
  join: RoomEntered;
  leave: Done;
  invite: Done;
  remove: Done;
  unban: Done;
  mute: Done;
  set_role: Done;
  transfer: Done;
  members: MemberList;
  configure: RoomSettings;
  settings: RoomSettings;
  report: Done;
  reports: ReportList;
  settle: Done;
  subscribe: Subscribed;
  unsubscribe: Done;
  send: Sent;
  restore: Sent;
  edit: Changed;
  delete: Changed;
  react: Reacted;
  reactions: ReactionList;
  pin: Changed;
  pins: PinList;
  history: History;
  search: Found;
  files: Found;
  read: Done;
  sync: Synced;
  typing: Done;
  presence: Presence;
  receipts: Receipts;
  ping: Pong;
}

export type Action = keyof Commands;

/**
 * The command was not carried out. `id` is null where the frame did not show one.
 *
 * `temporary`: the same frame may succeed later, not before `retry_after_ms` (null: whenever the client likes).
 */
export interface Refusal {
  readonly type: "error";
  /** `id` is null where the frame did not show one. */
  readonly id: string | null;
  /** What went wrong, from the table of errors. Never changes its meaning. */
  readonly code: string;
  /** What went wrong, in words for people. */
  readonly message: string;
  /** `temporary`: the same frame may succeed later, not before `retry_after_ms` (null: whenever the client likes). */
  readonly temporary: boolean;
  /** How long to wait before sending again; null where any time will do. */
  readonly retry_after_ms: number | null;
}

/** A message of a room that this connection subscribed to. The sending connection has the ack instead. */
export interface MessagePosted {
  readonly type: "message";
  /** What was posted. */
  readonly message: Message;
}

/**
 * A message was edited or deleted: here it is as it stands. `message.rev` is the change's number in the room.
 *
 * Where the client has a higher `rev` of the message and a lower `version`, a reaction overtook this: the text counts.
 * In a busy room reactions come so, too, once for all changes of the message in a moment: revs between are left out.
 */
export interface MessageChanged {
  readonly type: "message_changed";
  /** As it stands now. */
  readonly message: Message;
}

/**
 * A user added or removed a reaction. `reactions` are all of the message, most frequent first.
 *
 * `rev` is the change's number in the room. Of two such events for a message the one with the higher `rev` is true.
 */
export interface ReactionsChanged {
  readonly type: "reactions_changed";
  /** A room's id. */
  readonly room: string;
  /** A message's number in its room. */
  readonly seq: number;
  /**
   * `rev` is the change's number in the room. Of two such events for a message the one with the higher `rev` is true.
   */
  readonly rev: number;
  /** `reactions` are all of the message, most frequent first. */
  readonly reactions: readonly Reaction[];
  /** Whose reaction it is. */
  readonly user: Author;
  /** The one that was added or removed. */
  readonly emoji: string;
  /** Whether it was removed. */
  readonly removed: boolean;
}

/** A message was pinned or unpinned. `rev` is the change's number in the room. */
export interface PinsChanged {
  readonly type: "pins_changed";
  /** A room's id. */
  readonly room: string;
  /** A message's number in its room. */
  readonly seq: number;
  /** `rev` is the change's number in the room. */
  readonly rev: number;
  /** Whether it is pinned now. */
  readonly pinned: boolean;
  /** Who did it. */
  readonly by: Author;
}

/**
 * A message mentions this user. Goes to all their connections, whether they subscribed to the room or not.
 *
 * Those that did get the message itself as well.
 */
export interface Mentioned {
  readonly type: "mention";
  /** What was posted. */
  readonly message: Message;
}

/**
 * Somebody came, went, or may do something else in a room. Goes to its subscribers, and to who comes or goes.
 *
 * `role` is the one they have now, null for who is gone.
 */
export interface MemberChanged {
  readonly type: "member";
  /** A room's id. */
  readonly room: string;
  /** Whom it happened to. */
  readonly user: Author;
  /** What happened. */
  readonly change: "joined" | "invited" | "left" | "removed" | "banned" | "unbanned" | "muted" | "unmuted" | "role" | "unknown";
  /** `role` is the one they have now, null for who is gone. */
  readonly role: Role | "unknown" | null;
  /** Until when they may not speak; null for who may. */
  readonly muted_until_ms: number | null;
  /** Who did it. */
  readonly by: Author;
}

/** The user has read a room further on another of their devices. */
export interface ReadMoved {
  readonly type: "read";
  /** A room's id. */
  readonly room: string;
  /** A message's number in its room. */
  readonly seq: number;
}

/** Somebody is typing: for 10 seconds, or until a message of theirs comes. Goes to the room's other subscribers. */
export interface TypingStarted {
  readonly type: "typing";
  /** A room's id. */
  readonly room: string;
  /** Who is typing. */
  readonly user: Author;
}

/**
 * A user came online or went offline. Goes once to each subscriber of rooms that they are a member of.
 *
 * Only of their first 100 rooms by id, and of rooms with up to 100 sockets.
 */
export interface PresenceChanged {
  readonly type: "presence";
  /** Who it is. */
  readonly user: Author;
  /** Whether they are online now. */
  readonly online: boolean;
}

/**
 * Somebody has read on. `readers` are all members who have read anything, by id.
 *
 * Goes to the room's subscribers, about once a second, where there are up to 100 sockets and 100 such members.
 */
export interface ReceiptsMoved {
  readonly type: "receipts";
  /** A room's id. */
  readonly room: string;
  /** `readers` are all members who have read anything, by id. */
  readonly readers: readonly Reader[];
}

/**
 * A room of this user has got further than they may know. `latest` is its newest message, `last_seq` its number.
 *
 * Goes to their connections that did not subscribe to the room: of a direct one at once, of others about every two
 * seconds while something is said, and once after the last. Of rooms above 100 members only mentions are told.
 */
export interface RoomAdvanced {
  readonly type: "room_activity";
  /** A room's id. */
  readonly room: string;
  /** `latest` is its newest message, `last_seq` its number. */
  readonly last_seq: number;
  /** `latest` is its newest message, `last_seq` its number. */
  readonly latest: Preview;
}

/**
 * Something else is set for the room from now on. `slow_mode_s` is 0 where members need not wait.
 *
 * Its blocked words are not told.
 */
export interface RoomChanged {
  readonly type: "room_changed";
  /** A room's id. */
  readonly room: string;
  /** `slow_mode_s` is 0 where members need not wait. */
  readonly slow_mode_s: number;
  /** Who did it. */
  readonly by: Author;
}

/**
 * A room is so busy that it goes without something, or no longer does. Goes to its subscribers.
 *
 * `step`: `full` is everything. `no_typing` is without who types, `no_receipts` also without who reads on,
 * `counts_only` also without who comes and goes. In a `digest` messages come once a second, and of many only the
 * newest: see `messages_skipped`. All of it can be asked for at any time.
 *
 * With a `tail` the room is too large to be posted to: messages, changes to them and who comes and goes are not sent
 * any more, and the client polls the tail from the last number that it has without a hole. null: they are sent again,
 * and have been for some seconds; the client polls once more. Events may overtake each other: of two the one with the
 * higher `as_of_ms` counts.
 */
export interface RoomPace {
  readonly type: "room_pace";
  /** A room's id. */
  readonly room: string;
  /** `step`: `full` is everything. */
  readonly step: "full" | "no_typing" | "no_receipts" | "counts_only" | "digest" | "unknown";
  /**
   * With a `tail` the room is too large to be posted to: messages, changes to them and who comes and goes are not sent
   * any more, and the client polls the tail from the last number that it has without a hole. null: they are sent again,
   * and have been for some seconds; the client polls once more.
   */
  readonly tail: Tail | null;
  /** Events may overtake each other: of two the one with the higher `as_of_ms` counts. */
  readonly as_of_ms: number;
}

/**
 * Messages of a room in a digest that are not sent live: numbers `first` to `last`. The history has them.
 *
 * A client fetches them when somebody wants to see them, not all at once. It may have some of them already.
 */
export interface MessagesSkipped {
  readonly type: "messages_skipped";
  /** A room's id. */
  readonly room: string;
  /** The lowest of the numbers. */
  readonly first: number;
  /** The highest of the numbers. */
  readonly last: number;
}

/**
 * A user's data was erased: clients drop what they hold of theirs in the room, as if each message was deleted.
 *
 * Goes to the room's subscribers, and may come several times while it is under way. Messages that are fetched later are
 * `deleted` and have no author, and each has a `rev`, so that clients who were away learn of it by `changed`.
 */
export interface AuthorErased {
  readonly type: "author_erased";
  /** A room's id. */
  readonly room: string;
  /** A user's id. */
  readonly user: string;
}

/** An upload could not become a message, and why. Goes to the uploader's own connections only. */
export interface MediaRejected {
  readonly type: "media_rejected";
  /** The id that `POST /api/media` gave. */
  readonly media: string;
  /** A room's id. */
  readonly room: string;
  /** Why, in words for people. */
  readonly reason: string;
}

export type ServerEvent = MessagePosted | MessageChanged | ReactionsChanged | PinsChanged | Mentioned | MemberChanged | ReadMoved | TypingStarted | PresenceChanged | ReceiptsMoved | RoomAdvanced | RoomChanged | RoomPace | MessagesSkipped | AuthorErased | MediaRejected;

const mediaFile: Read<MediaFile> = record<MediaFile>({
  url: text,
  content_type: text,
  size_bytes: count,
  width: or(count, 0),
  height: or(count, 0),
});

const variant: Read<Variant> = record<Variant>({
  url: text,
  content_type: text,
  width: count,
  height: count,
  size_bytes: count,
});

const picture: Read<Picture> = record<Picture>({ url: text, content_type: text, width: count, height: count });

const reaction: Read<Reaction> = record<Reaction>({ emoji: text, count: count });

const author: Read<Author> = record<Author>({ id: text, name: text });

const media: Read<Media> = record<Media>({
  id: text,
  name: text,
  original: picture,
  thumbnail: picture,
  hash: optional(text),
  variants: or(list(variant), []),
  kind: or(known("image", "video", "audio", "document"), "image"),
  files: or(list(mediaFile), []),
  duration_ms: optional(count),
  waveform: optional(text),
  pages: optional(count),
});

const preview: Read<Preview> = record<Preview>({ seq: count, author: text, text: text, sent_at_ms: count });

const message: Read<Message> = record<Message>({
  room: text,
  seq: count,
  kind: known("text", "image", "video", "audio", "document", "void", "deleted"),
  from: optional(author),
  text: text,
  sent_at_ms: count,
  command_id: optional(text),
  media: optional(media),
  reply_to: optional(count),
  thread: optional(count),
  replies: or(count, 0),
  last_reply_seq: or(count, 0),
  version: or(count, 1),
  changed_at_ms: optional(count),
  changed_by: optional(author),
  mentions: or(list(text), []),
  mentions_room: or(flag, false),
  reactions: or(list(reaction), []),
  mine: optional(list(text)),
  pinned: or(flag, false),
  rev: or(count, 0),
  until: or(count, 0),
});

const tail: Read<Tail> = record<Tail>({ path: text, poll_ms: count, valid_ms: count });

const reader: Read<Reader> = record<Reader>({ user: author, seq: count, read_at_ms: count });

const reactor: Read<Reactor> = record<Reactor>({ user: author, emoji: text, reacted_at_ms: count });

const range: Read<Range> = record<Range>({ first: count, last: count });

const room: Read<Room> = record<Room>({
  room: text,
  title: text,
  kind: known("public", "private", "direct"),
  member: flag,
  role: optional(known("owner", "moderator", "member", "reader", "banned")),
  last_seq: or(count, 0),
  read_seq: or(count, 0),
  unread: or(count, 0),
  latest: optional(preview),
  last_rev: or(count, 0),
});

const messageReport: Read<MessageReport> = record<MessageReport>({
  seq: count,
  by: author,
  reason: text,
  reported_at_ms: count,
});

const member: Read<Member> = record<Member>({
  user: author,
  role: known("owner", "moderator", "member", "reader", "banned"),
  muted_until_ms: optional(count),
});

const reconnection: Read<Reconnection> = record<Reconnection>({ first_ms: count, most_ms: count });

export const tailChanges: Read<TailChanges> = record<TailChanges>({
  room: text,
  page: count,
  changed: list(message),
  last_rev: count,
  closed: flag,
});

export const tailSegment: Read<TailSegment> = record<TailSegment>({
  room: text,
  segment: count,
  messages: list(message),
  rev: count,
  closed: flag,
});

export const tailLive: Read<TailLive> = record<TailLive>({
  room: text,
  last_seq: count,
  segment: count,
  messages: list(message),
  changed_after: count,
  changed: list(message),
  last_rev: count,
  poll_ms: count,
});

const pong: Read<Pong> = record<Pong>({ now_ms: count });

const receipts: Read<Receipts> = record<Receipts>({
  room: text,
  seq: count,
  count: count,
  as_of_ms: count,
  readers: list(reader),
  after: optional(text),
});

const presence: Read<Presence> = record<Presence>({
  room: optional(text),
  online: count,
  listed: flag,
  users: list(author),
  as_of_ms: count,
});

const synced: Read<Synced> = record<Synced>({
  rooms: map(count),
  now_ms: count,
  revs: or(map(count), {}),
  tails: or(map(tail), {}),
  outside: or(list(text), []),
});

const found: Read<Found> = record<Found>({ room: text, messages: list(message), before: optional(count) });

const history: Read<History> = record<History>({
  room: text,
  messages: list(message),
  more: flag,
  newer: or(flag, false),
});

const pinList: Read<PinList> = record<PinList>({ messages: list(message), after: optional(count) });

const reactionList: Read<ReactionList> = record<ReactionList>({ reactions: list(reactor), after: optional(text) });

const reacted: Read<Reacted> = record<Reacted>({ room: text, seq: count, rev: count, reactions: list(reaction) });

const changed: Read<Changed> = record<Changed>({ room: text, seq: count, version: count, rev: count });

const sent: Read<Sent> = record<Sent>({ room: text, seq: count, sent_at_ms: count, voucher: optional(text) });

const subscribed: Read<Subscribed> = record<Subscribed>({
  room: room,
  last_seq: count,
  recovered: flag,
  messages: list(message),
  gap: optional(range),
  last_rev: or(count, 0),
  changed: or(list(message), []),
  changes_gap: or(flag, false),
  tail: optional(tail),
});

const reportList: Read<ReportList> = record<ReportList>({ reports: list(messageReport), after: optional(text) });

const roomSettings: Read<RoomSettings> = record<RoomSettings>({
  room: text,
  slow_mode_s: count,
  blocked_words: list(text),
});

const memberList: Read<MemberList> = record<MemberList>({ members: list(member), after: optional(text) });

const done: Read<Done> = record<Done>({});

const roomEntered: Read<RoomEntered> = record<RoomEntered>({ room: room, last_seq: count });

const roomList: Read<RoomList> = record<RoomList>({ rooms: list(room), after: optional(text) });

const ready: Read<Ready> = record<Ready>({
  version: count,
  user: author,
  connection: text,
  now_ms: count,
  heartbeat_s: count,
  rotate_after_s: count,
  reconnect: reconnection,
  variants: or(map(text), {}),
  epoch: or(count, 0),
});

export const refusal: Read<Refusal> = record<Refusal>({
  type: tag("error"),
  id: optional(text),
  code: text,
  message: text,
  temporary: or(flag, false),
  retry_after_ms: optional(count),
});

const messagePosted: Read<MessagePosted> = record<MessagePosted>({ type: tag("message"), message: message });

const messageChanged: Read<MessageChanged> = record<MessageChanged>({ type: tag("message_changed"), message: message });

const reactionsChanged: Read<ReactionsChanged> = record<ReactionsChanged>({
  type: tag("reactions_changed"),
  room: text,
  seq: count,
  rev: count,
  reactions: list(reaction),
  user: author,
  emoji: text,
  removed: flag,
});

const pinsChanged: Read<PinsChanged> = record<PinsChanged>({
  type: tag("pins_changed"),
  room: text,
  seq: count,
  rev: count,
  pinned: flag,
  by: author,
});

const mentioned: Read<Mentioned> = record<Mentioned>({ type: tag("mention"), message: message });

const memberChanged: Read<MemberChanged> = record<MemberChanged>({
  type: tag("member"),
  room: text,
  user: author,
  change: known("joined", "invited", "left", "removed", "banned", "unbanned", "muted", "unmuted", "role"),
  role: optional(known("owner", "moderator", "member", "reader", "banned")),
  muted_until_ms: optional(count),
  by: author,
});

const readMoved: Read<ReadMoved> = record<ReadMoved>({ type: tag("read"), room: text, seq: count });

const typingStarted: Read<TypingStarted> = record<TypingStarted>({ type: tag("typing"), room: text, user: author });

const presenceChanged: Read<PresenceChanged> = record<PresenceChanged>({
  type: tag("presence"),
  user: author,
  online: flag,
});

const receiptsMoved: Read<ReceiptsMoved> = record<ReceiptsMoved>({
  type: tag("receipts"),
  room: text,
  readers: list(reader),
});

const roomAdvanced: Read<RoomAdvanced> = record<RoomAdvanced>({
  type: tag("room_activity"),
  room: text,
  last_seq: count,
  latest: preview,
});

const roomChanged: Read<RoomChanged> = record<RoomChanged>({
  type: tag("room_changed"),
  room: text,
  slow_mode_s: count,
  by: author,
});

const roomPace: Read<RoomPace> = record<RoomPace>({
  type: tag("room_pace"),
  room: text,
  step: known("full", "no_typing", "no_receipts", "counts_only", "digest"),
  tail: optional(tail),
  as_of_ms: or(count, 0),
});

const messagesSkipped: Read<MessagesSkipped> = record<MessagesSkipped>({
  type: tag("messages_skipped"),
  room: text,
  first: count,
  last: count,
});

const authorErased: Read<AuthorErased> = record<AuthorErased>({ type: tag("author_erased"), room: text, user: text });

const mediaRejected: Read<MediaRejected> = record<MediaRejected>({
  type: tag("media_rejected"),
  media: text,
  room: text,
  reason: text,
});

export const events: { readonly [T in ServerEvent["type"]]: Read<Extract<ServerEvent, { type: T }>> } = {
  message: messagePosted,
  message_changed: messageChanged,
  reactions_changed: reactionsChanged,
  pins_changed: pinsChanged,
  mention: mentioned,
  member: memberChanged,
  read: readMoved,
  typing: typingStarted,
  presence: presenceChanged,
  receipts: receiptsMoved,
  room_activity: roomAdvanced,
  room_changed: roomChanged,
  room_pace: roomPace,
  messages_skipped: messagesSkipped,
  author_erased: authorErased,
  media_rejected: mediaRejected,
};

export const results: { readonly [A in Action]: Read<Results[A]> } = {
  hello: ready,
  rooms: roomList,
  create: roomEntered,
  direct: roomEntered,
  join: roomEntered,
  leave: done,
  invite: done,
  remove: done,
  unban: done,
  mute: done,
  set_role: done,
  transfer: done,
  members: memberList,
  configure: roomSettings,
  settings: roomSettings,
  report: done,
  reports: reportList,
  settle: done,
  subscribe: subscribed,
  unsubscribe: done,
  send: sent,
  restore: sent,
  edit: changed,
  delete: changed,
  react: reacted,
  reactions: reactionList,
  pin: changed,
  pins: pinList,
  history: history,
  search: found,
  files: found,
  read: done,
  sync: synced,
  typing: done,
  presence: presence,
  receipts: receipts,
  ping: pong,
};

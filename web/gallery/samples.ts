/** People, messages and media that specimens show. */

import { CommandRefused, FileRejected, UploadInterrupted } from "@agent-chat/client/errors";
import type { Author, Media, Message, Picture } from "@agent-chat/client/frames";
import type { OutgoingMessage } from "@agent-chat/client/outbox";
import { NOON_MS } from "@agent-chat/client/testing/archive";
import { ADA, GRACE, messageOf } from "@agent-chat/client/testing/messages";

import type { Upload } from "../src/state/uploads";

export const LINUS: Author = { id: "linus", name: "Linus" };
export const CROWD: readonly Author[] = ["Grace", "Linus", "Margaret", "Barbara", "Edsger", "Donald", "Frances"].map((name) => ({
  id: name.toLowerCase(),
  name,
}));
/** Nothing to break it at. */
export const ENDLESS = "a-word-without-an-end-".repeat(12);

function pictureOf(name: string, width: number, height: number): Picture {
  return { url: `/media/general/${name}`, content_type: "image/svg+xml", width, height };
}

const HILLS = pictureOf("hills.svg", 960, 540);
const TOWER = pictureOf("tower.svg", 480, 720);
const PAGE = pictureOf("page.svg", 400, 560);

function mediaOf(media: Partial<Media> & Pick<Media, "kind" | "name" | "original">): Media {
  return { id: media.name, thumbnail: media.original, hash: null, variants: [], files: [], duration_ms: null, waveform: null, pages: null, ...media };
}

export const LANDSCAPE = mediaOf({
  kind: "image",
  name: "hills.svg",
  original: HILLS,
  hash: "HwgGDYRzAHtHRnp2h4hVJNZPDFmG",
  variants: [480, 960].map((width) => ({ ...HILLS, width, height: (width * 9) / 16, size_bytes: 40 * width })),
});
export const PORTRAIT = mediaOf({ kind: "image", name: "tower.svg", original: TOWER });
/** Of a room that Ada is not in: the server gives no access to it. */
export const WITHHELD = mediaOf({
  kind: "image",
  name: "secret.svg",
  original: { ...HILLS, url: "/media/secret/hills.svg" },
  hash: "HwgGDYRzAHtHRnp2h4hVJNZPDFmG",
});
export const VIDEO = mediaOf({
  kind: "video",
  name: "walk.mov",
  original: HILLS,
  files: [{ url: "/media/general/walk.mp4", content_type: "video/mp4", size_bytes: 2_000_000, width: 960, height: 540 }],
  duration_ms: 61_000,
});
export const SOUND = mediaOf({
  kind: "audio",
  name: "a song that has a rather long name.mp3",
  original: HILLS,
  files: [{ url: "/media/general/song.m4a", content_type: "audio/mp4", size_bytes: 900_000, width: 0, height: 0 }],
  duration_ms: 185_000,
  waveform: btoa(String.fromCharCode(...Array.from({ length: 64 }, (_, at) => Math.round(130 + 120 * Math.sin(at / 3) * Math.cos(at / 7))))),
});
export const DOCUMENT = mediaOf({
  kind: "document",
  name: "Minutes of the meeting.pdf",
  original: PAGE,
  files: [{ url: "/media/general/minutes.pdf", content_type: "application/pdf", size_bytes: 300_000, width: 0, height: 0 }],
  pages: 3,
});

/** A message with one of them. */
export function withMedia(media: Media, text = ""): Message {
  return messageOf(7, { kind: "image", media, text });
}

/** One's own. */
export function mine(seq: number, extra: Partial<Message> = {}): Message {
  return messageOf(seq, { from: ADA, text: "I shall have a look.", ...extra });
}

export const MARKED_UP = messageOf(3, {
  text: "*Bold*, _italic_, `code`, https://example.com/a/rather/long/path?with=a&query\n```\nfor (const it of all) tell(it);\n```\nand @ada, @room",
  mentions: ["ada"],
  mentions_room: true,
});

export const LIKED = messageOf(4, {
  reactions: [
    { emoji: "👍", count: 3 },
    { emoji: "🎉", count: 1 },
    { emoji: ":party:", count: 12 },
  ],
  mine: ["👍"],
});

export const MUTED = new CommandRefused({ code: "muted", message: "muted", temporary: true, retry_after_ms: 60_000 });

export function outgoing(extra: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { id: "o-1", room: "general", text: "On its way", answers: null, createdAtMs: NOON_MS, failure: null, ...extra };
}

export function uploadOf(extra: Partial<Upload> = {}): Upload {
  const fingerprint = { name: "hills.png", type: "image/png", size: 400_000, lastModified: NOON_MS };
  return {
    id: "u-1",
    room: "general",
    fingerprint,
    file: new File([], fingerprint.name, { type: fingerprint.type }),
    previewUrl: HILLS.url,
    phase: "sending",
    startedAtMs: NOON_MS,
    progress: 0.4,
    failure: null,
    media: null,
    inParts: false,
    ...extra,
  };
}

export const REJECTED = uploadOf({ phase: "failed", failure: new FileRejected("unsupported_type", "no image") });
export const INTERRUPTED = uploadOf({ phase: "failed", file: null, previewUrl: null, failure: new UploadInterrupted() });

export { ADA, GRACE, messageOf };

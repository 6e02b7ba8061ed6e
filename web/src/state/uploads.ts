/**
 * Files on their way into a room: sent to the store, then made into what is shown by the server, then a message.
 *
 * An upload is gone from here when its message is seen in the room. One in parts is remembered in the window's storage: after
 * a reload it waits for its file, which a page can't keep by itself, and goes on with what is missing once a file of the
 * same name, size, type and date is chosen again.
 */

import { FileRejected, RequestFailed, UploadInterrupted } from "@agent-chat/client/errors";
import { count, fields, json, list, type Reader, ShapeError, text } from "@agent-chat/client/shape";
import { Store } from "@agent-chat/client/store";
import { sendFile, type UploadServer } from "@agent-chat/client/upload";
import { maxBytesOf } from "@agent-chat/client/uploadKinds";

/** For an image the server usually needs a second or two; after this the person is told that something is wrong. */
export const PROCESSING_LIMIT_MS = 90_000;
/** As above, of what is converted for as long as it plays: the server itself gives up after that time. */
const CONVERTING_LIMIT_MS = 90 * 60_000;
/** So long the server takes parts of one upload. */
export const REMEMBERED_MS = 12 * 3_600_000;

/** What a file is known by when it is chosen again. That it is the same is decided by its bytes, later. */
interface Fingerprint {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly lastModified: number;
}

export interface Upload {
  readonly id: string;
  readonly room: string;
  readonly fingerprint: Fingerprint;
  /** Null after a reload, until it is chosen again. */
  readonly file: File | null;
  /** An object URL of the file, for showing it before the server does; null for what is no image. */
  readonly previewUrl: string | null;
  readonly phase: "sending" | "processing" | "failed";
  /** The client's clock. */
  readonly startedAtMs: number;
  /** 0–1, of the bytes sent. */
  readonly progress: number;
  readonly failure: unknown;
  /** The server's id, as soon as it is known. */
  readonly media: string | null;
  /** Whether it comes in parts, and can be gone on with. */
  readonly inParts: boolean;
}

export interface UploadsOptions {
  readonly server: UploadServer;
  /** Settles when the room is entered, or is not to be: whoever is only just joining may not send anything yet. */
  readonly entered: (room: string) => Promise<void>;
  readonly storage: Pick<Storage, "getItem" | "setItem">;
  /** Where in the storage, one per user. */
  readonly storageKey: string;
  readonly random?: () => number;
}

type Remembered = Pick<Upload, "id" | "room" | "startedAtMs"> & { readonly media: string; readonly fingerprint: Fingerprint };

const remembered: Reader<Remembered> = (value, path) => {
  const it = fields(value, path);
  const file = fields(it["fingerprint"], `${path}.fingerprint`);
  return {
    id: text(it["id"], `${path}.id`),
    room: text(it["room"], `${path}.room`),
    startedAtMs: count(it["startedAtMs"], `${path}.startedAtMs`),
    media: text(it["media"], `${path}.media`),
    fingerprint: {
      name: text(file["name"], `${path}.fingerprint.name`),
      type: text(file["type"], `${path}.fingerprint.type`),
      size: count(file["size"], `${path}.fingerprint.size`),
      lastModified: count(file["lastModified"], `${path}.fingerprint.lastModified`),
    },
  };
};

export class Uploads {
  readonly all = new Store<readonly Upload[]>([]);

  readonly #options: UploadsOptions;
  readonly #aborts = new Map<string, AbortController>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.all.set(this.#restore());
  }

  /** Sends files to a room; one that was cut off there by a reload is gone on with. */
  add(room: string, files: readonly File[]): void {
    for (const file of files) {
      const interrupted = this.#find((it) => it.file === null && it.room === room && isSame(it.fingerprint, file));
      if (interrupted !== undefined) this.#drop(interrupted.id);
      this.#begin(room, file, interrupted ?? null);
    }
  }

  /** Starts a failed upload again, with what is missing of it; one that can't succeed fails again at once. */
  retry(id: string): void {
    const entry = this.#find((it) => it.id === id);
    if (entry === undefined || entry.file === null) return;
    this.#drop(id);
    this.#begin(entry.room, entry.file, entry);
  }

  /** Gives an upload up, here and in the store. */
  remove(id: string): void {
    const entry = this.#find((it) => it.id === id);
    if (entry === undefined) return;
    this.#drop(id);
    if (entry.media === null || entry.phase === "processing") return;
    // What can't be removed now is removed by the store itself, a day later.
    this.#options.server.cancel(entry.media).catch(() => undefined);
  }

  /** The message with this image is in the room. */
  settle(media: string): void {
    const entry = this.#find((it) => it.media === media);
    if (entry !== undefined) this.#drop(entry.id);
  }

  /** The server could not make a message of this image. */
  reject(media: string, reason: string): void {
    const entry = this.#find((it) => it.media === media);
    if (entry !== undefined) this.#fail(entry.id, new FileRejected("media_rejected", reason));
  }

  /** Aborts everything. What comes in parts can be gone on with. */
  stop(): void {
    for (const abort of this.#aborts.values()) abort.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const { previewUrl } of this.all.get()) if (previewUrl !== null) URL.revokeObjectURL(previewUrl);
    this.all.set([]);
  }

  #begin(room: string, file: File, earlier: Upload | null): void {
    const failure = refusalOf(file);
    const media = earlier !== null && canGoOn(earlier) ? earlier.media : null;
    const entry: Upload = {
      id: crypto.randomUUID(),
      room,
      fingerprint: fingerprintOf(file),
      file,
      previewUrl: file.type.startsWith("image/") && maxBytesOf(file.type) !== null ? URL.createObjectURL(file) : null,
      phase: failure === null ? "sending" : "failed",
      startedAtMs: Date.now(),
      progress: 0,
      failure,
      media,
      inParts: media !== null,
    };
    this.#update([...this.all.get(), entry]);
    if (failure === null) void this.#send(entry, file);
  }

  async #send({ id, room, media }: Upload, file: File): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    const { server, entered, random } = this.#options;
    try {
      await entered(room);
      abort.signal.throwIfAborted();
      await sendFile({
        server,
        room,
        file,
        begun: media,
        onPermitted: (permit) => {
          this.#change(id, { media: permit.media, inParts: "cut" in permit.way });
        },
        onProgress: (progress) => {
          this.#change(id, { progress });
        },
        signal: abort.signal,
        ...(random && { random }),
      });
      this.#awaitMessage(id);
    } catch (error) {
      if (!abort.signal.aborted) this.#fail(id, error);
    }
  }

  #awaitMessage(id: string): void {
    // The message may have been faster than the store's answer.
    if (this.#find((it) => it.id === id)?.phase !== "sending") return;
    this.#change(id, { phase: "processing", progress: 1 });
    const timer = setTimeout(() => {
      this.#fail(id, new FileRejected("media_rejected", "the server has not finished with it"));
    }, limitOf(this.#find((it) => it.id === id)?.fingerprint.type ?? ""));
    this.#timers.set(id, timer);
  }

  #drop(id: string): void {
    this.#aborts.get(id)?.abort();
    this.#aborts.delete(id);
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const previewUrl = this.#find((it) => it.id === id)?.previewUrl ?? null;
    if (previewUrl !== null) URL.revokeObjectURL(previewUrl);
    this.#update(this.all.get().filter((it) => it.id !== id));
  }

  #fail(id: string, failure: unknown): void {
    clearTimeout(this.#timers.get(id));
    this.#change(id, { phase: "failed", failure });
  }

  #change(id: string, change: Partial<Upload>): void {
    const keeps = "media" in change || "phase" in change;
    const next = this.all.get().map((it) => (it.id === id ? { ...it, ...change } : it));
    if (keeps) this.#update(next);
    else this.all.set(next);
  }

  #update(all: readonly Upload[]): void {
    this.all.set(all);
    const kept = all
      .filter((it) => it.inParts && it.media !== null && it.phase !== "processing" && !(it.failure instanceof FileRejected))
      .map(({ id, room, startedAtMs, media, fingerprint }) => ({ id, room, startedAtMs, media, fingerprint }));
    this.#options.storage.setItem(this.#options.storageKey, JSON.stringify(kept));
  }

  /** What was being sent before the page was loaded again. */
  #restore(): Upload[] {
    const source = this.#options.storage.getItem(this.#options.storageKey);
    if (source === null) return [];
    try {
      return list(remembered)(json(source, "uploads"), "uploads")
        .filter((it) => it.startedAtMs > Date.now() - REMEMBERED_MS)
        .map((it) => ({ ...it, file: null, previewUrl: null, phase: "failed", progress: 0, failure: new UploadInterrupted(), inParts: true }));
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      console.warn("the stored uploads cannot be read:", error);
      return [];
    }
  }

  #find(test: (entry: Upload) => boolean): Upload | undefined {
    return this.all.get().find(test);
  }
}

function fingerprintOf({ name, type, size, lastModified }: File): Fingerprint {
  return { name, type, size, lastModified };
}

function isSame(one: Fingerprint, other: Fingerprint): boolean {
  return (["name", "type", "size", "lastModified"] as const).every((it) => one[it] === other[it]);
}

/** Not where the server takes no more of it: then it begins anew. */
function canGoOn({ inParts, failure }: Upload): boolean {
  return inParts && !(failure instanceof RequestFailed && failure.code === "upload_closed");
}

function limitOf(type: string): number {
  return /^(?:audio|video)\//u.test(type) ? CONVERTING_LIMIT_MS : PROCESSING_LIMIT_MS;
}

function refusalOf(file: File): FileRejected | null {
  const maxBytes = maxBytesOf(file.type);
  if (maxBytes === null) return new FileRejected("unsupported_type", file.type);
  if (file.size > maxBytes) return new FileRejected("file_too_large", String(file.size));
  return null;
}

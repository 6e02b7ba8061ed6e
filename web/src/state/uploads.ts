/**
 * Files on their way into a room: sent to the store, then made into what is shown by the server, then a message.
 *
 * An upload is gone from here when its message is seen in the room.
 */

import { createMedia, upload } from "../protocol/api";
import { FileRejected } from "../protocol/errors";
import { maxBytesOf } from "../protocol/uploadKinds";
import { Store } from "./store";

/** For an image the server usually needs a second or two; after this the person is told that something is wrong. */
export const PROCESSING_LIMIT_MS = 90_000;
/** As above, of what is converted for as long as it plays: the server itself gives up after that time. */
const CONVERTING_LIMIT_MS = 90 * 60_000;

export interface Upload {
  readonly id: string;
  readonly room: string;
  readonly file: File;
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
}

export class Uploads {
  readonly all = new Store<readonly Upload[]>([]);

  readonly #token: string;
  readonly #entered: (room: string) => Promise<void>;
  readonly #aborts = new Map<string, AbortController>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** `entered` settles when the room is, or is not to be: whoever is only just joining may not send anything yet. */
  constructor(token: string, entered: (room: string) => Promise<void>) {
    this.#token = token;
    this.#entered = entered;
  }

  add(room: string, files: readonly File[]): void {
    for (const file of files) {
      const id = crypto.randomUUID();
      const previewUrl = file.type.startsWith("image/") && maxBytesOf(file.type) !== null ? URL.createObjectURL(file) : null;
      const failure = refusalOf(file);
      const phase = failure === null ? "sending" : "failed";
      const entry = { id, room, file, previewUrl, phase, startedAtMs: Date.now(), progress: 0, failure, media: null } as const;
      this.all.update((all) => [...all, entry]);
      if (failure === null) void this.#send(entry);
    }
  }

  /** Starts a failed upload over; one that can't succeed fails again at once. */
  retry(id: string): void {
    const entry = this.#find((it) => it.id === id);
    if (entry === undefined) return;
    this.remove(id);
    this.add(entry.room, [entry.file]);
  }

  remove(id: string): void {
    const entry = this.#find((it) => it.id === id);
    if (entry === undefined) return;
    this.#aborts.get(id)?.abort();
    this.#aborts.delete(id);
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (entry.previewUrl !== null) URL.revokeObjectURL(entry.previewUrl);
    this.all.update((all) => all.filter((it) => it.id !== id));
  }

  /** The message with this image is in the room. */
  settle(media: string): void {
    const entry = this.#find((it) => it.media === media);
    if (entry !== undefined) this.remove(entry.id);
  }

  /** The server could not make a message of this image. */
  reject(media: string, reason: string): void {
    const entry = this.#find((it) => it.media === media);
    if (entry !== undefined) this.#fail(entry.id, new FileRejected("media_rejected", reason));
  }

  /** Aborts everything. */
  stop(): void {
    for (const { id } of this.all.get()) this.remove(id);
  }

  async #send({ id, room, file }: Upload): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    try {
      await this.#entered(room);
      abort.signal.throwIfAborted();
      const target = await createMedia(this.#token, room, file);
      if (abort.signal.aborted) return;
      this.#change(id, { media: target.media });
      const onProgress = (progress: number): void => {
        this.#change(id, { progress });
      };
      await upload(target, file, onProgress, abort.signal);
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
    }, limitOf(this.#find((it) => it.id === id)?.file.type ?? ""));
    this.#timers.set(id, timer);
  }

  #fail(id: string, failure: unknown): void {
    clearTimeout(this.#timers.get(id));
    this.#change(id, { phase: "failed", failure });
  }

  #change(id: string, change: Partial<Upload>): void {
    this.all.update((all) => all.map((it) => (it.id === id ? { ...it, ...change } : it)));
  }

  #find(test: (entry: Upload) => boolean): Upload | undefined {
    return this.all.get().find(test);
  }
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

/**
 * A file on its way to the store: a small one as one form, a large one in parts, several at once.
 *
 * Parts survive what cuts an upload off: each is repeated by itself, and whoever begins again with the same file sends only
 * what is not there. A part's checksum decides what is the same; no name or date does. Knows nothing of the page.
 */

import { fullJitter } from "./backoff.ts";
import { ChatError, FileRejected, RequestFailed } from "./errors.ts";

/** More at once do not make a slow line faster, and each is held in memory while it is hashed. */
export const PARALLEL_PARTS = 3;
/** Tries of one part, a minute or two of a line that is down. Then a person is asked, and goes on from there. */
export const MAX_TRIES = 12;

/** How a file is cut: all parts but the last have `sizeBytes`. */
export interface Cut {
  readonly sizeBytes: number;
  readonly count: number;
}

/** Permission to upload one file: the form that it goes into, or how it is cut. */
export interface UploadPermit {
  readonly media: string;
  readonly way: { readonly form: UploadForm } | { readonly cut: Cut };
}

/** A presigned POST. */
export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Where one part is put, and the headers that go with it. */
export interface PartAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface UploadStatus {
  readonly state: string;
  readonly reason: string | null;
  readonly cut: Cut | null;
  /** The checksums of parts that have arrived, by number. */
  readonly stored: ReadonlyMap<number, string>;
}

type OnBytes = (sent: number) => void;

/** What an upload asks of the stage and its store. Everything rejects with `RequestFailed`, or when `signal` aborts. */
export interface UploadServer {
  permit(room: string, file: File, signal: AbortSignal): Promise<UploadPermit>;
  status(media: string, signal: AbortSignal): Promise<UploadStatus>;
  address(media: string, number: number, sha256: string, signal: AbortSignal): Promise<PartAddress>;
  complete(media: string, sha256: readonly string[], signal: AbortSignal): Promise<void>;
  cancel(media: string): Promise<void>;
  post(form: UploadForm, file: File, onBytes: OnBytes, signal: AbortSignal): Promise<void>;
  put(address: PartAddress, part: Blob, onBytes: OnBytes, signal: AbortSignal): Promise<void>;
}

export interface Sending {
  readonly server: UploadServer;
  readonly room: string;
  readonly file: File;
  /** An upload of this file that was begun before, null for none. */
  readonly begun: string | null;
  readonly onPermitted: (permit: UploadPermit) => void;
  /** 0–1, over everything. */
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

/** Returns when the whole file is in the store. Rejects with a `ChatError`, or as `signal` aborts. */
export async function sendFile(sending: Sending): Promise<void> {
  const { server, file, signal } = sending;
  const status = sending.begun === null ? null : await statusOf(sending, sending.begun);
  if (status?.state === "rejected") throw new FileRejected("media_rejected", status.reason ?? "");
  if (status?.state === "processing" || status?.state === "announced") return;
  if (sending.begun !== null && status?.state === "sending" && status.cut !== null) {
    await new PartsSender(sending, sending.begun, status.cut, status.stored).send();
    return;
  }
  const permit = await insist(sending, () => server.permit(sending.room, file, signal));
  sending.onPermitted(permit);
  if ("cut" in permit.way) {
    await new PartsSender(sending, permit.media, permit.way.cut, new Map()).send();
    return;
  }
  const { form } = permit.way;
  const onBytes = (sent: number): void => {
    sending.onProgress(Math.min(1, sent / file.size));
  };
  await insist(sending, () => server.post(form, file, onBytes, signal));
}

/** Null where the stage has forgotten the upload. */
async function statusOf(sending: Sending, media: string): Promise<UploadStatus | null> {
  try {
    return await insist(sending, () => sending.server.status(media, sending.signal));
  } catch (error) {
    if (error instanceof RequestFailed && error.code === "upload_not_found") return null;
    throw error;
  }
}

/** The parts of one file, each until it is there. */
class PartsSender {
  readonly #sending: Sending;
  readonly #media: string;
  readonly #cut: Cut;
  readonly #stored: ReadonlyMap<number, string>;
  readonly #checksums: string[] = [];
  readonly #sentBytes = new Map<number, number>();
  #next = 1;

  constructor(sending: Sending, media: string, cut: Cut, stored: ReadonlyMap<number, string>) {
    this.#sending = sending;
    this.#media = media;
    this.#cut = cut;
    this.#stored = stored;
  }

  async send(): Promise<void> {
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#sending.signal, failed.signal]);
    try {
      await Promise.all(Array.from({ length: PARALLEL_PARTS }, () => this.#work(signal)));
    } catch (error) {
      failed.abort(error); // what is still under way would go on for nothing
      throw error;
    }
    const { server } = this.#sending;
    await insist(this.#sending, () => server.complete(this.#media, this.#checksums, this.#sending.signal));
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (this.#next <= this.#cut.count) {
      const number = this.#next;
      this.#next += 1;
      await this.#sendPart(number, signal);
    }
  }

  async #sendPart(number: number, signal: AbortSignal): Promise<void> {
    const { server, file } = this.#sending;
    const part = file.slice((number - 1) * this.#cut.sizeBytes, number * this.#cut.sizeBytes);
    const sha256 = await checksumOf(part);
    this.#checksums[number - 1] = sha256;
    if (this.#stored.get(number) !== sha256) {
      // Each try has an address of its own: they are good for some minutes only.
      await insist({ ...this.#sending, signal }, async () => {
        const address = await server.address(this.#media, number, sha256, signal);
        await server.put(
          address,
          part,
          (sent) => {
            this.#progress(number, sent);
          },
          signal,
        );
      });
    }
    this.#progress(number, part.size);
  }

  #progress(number: number, sent: number): void {
    this.#sentBytes.set(number, sent);
    const total = [...this.#sentBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.#sending.onProgress(Math.min(1, total / this.#sending.file.size));
  }
}

/** Tries until it succeeds, or fails for good. */
async function insist<T>({ signal, random = Math.random }: Pick<Sending, "signal" | "random">, act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (signal.aborted || !mayPass(error) || tries === MAX_TRIES) throw error;
      const asked = error instanceof RequestFailed ? (error.retryAfterMs ?? 0) : 0;
      await pause(asked + fullJitter(tries - 1, random), signal);
    }
  }
}

/** The store's 403 is an address that has expired, its 400 bytes that were damaged on the way: both may be tried again. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ChatError)) return false;
  if (error instanceof RequestFailed && error.code === "part_refused") return [400, 403].includes(error.status) || error.temporary;
  return error.temporary && !isLong(error);
}

/** Who has uploaded enough for today is told so at once. */
function isLong(error: ChatError): boolean {
  return error instanceof RequestFailed && (error.retryAfterMs ?? 0) > 60_000;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** SHA-256 in base64. */
export async function checksumOf(bytes: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await bytes.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

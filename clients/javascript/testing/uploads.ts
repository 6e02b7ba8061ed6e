/** A stage and its store in memory, for uploads: parts of a few bytes, which arrive as a test lets them. */

import { RequestFailed } from "../src/errors.ts";
import { checksumOf, type PartAddress, type UploadPermit, type UploadServer, type UploadStatus } from "../src/upload.ts";

export const PART_BYTES = 4;
/** Larger files come in parts. */
export const FORM_BYTES = 6;

interface Begun {
  readonly size: number;
  readonly parts: Map<number, { readonly sha256: string; readonly bytes: Blob }>;
  state: string;
  reason: string | null;
}

export class FakeUploadServer implements UploadServer {
  readonly begun = new Map<string, Begun>();
  /** Every call by name, parts by number. */
  readonly calls: string[] = [];
  /** What is in the way of a call, by its name; undefined lets it pass. */
  obstacle: (call: string) => Promise<void> | Error | undefined = () => undefined;
  partsUnderWay = 0;
  mostPartsUnderWay = 0;

  async permit(_room: string, file: File): Promise<UploadPermit> {
    await this.#pass("permit");
    const media = `m${this.begun.size + 1}`;
    this.begun.set(media, { size: file.size, parts: new Map(), state: "sending", reason: null });
    if (file.size <= FORM_BYTES) return { media, way: { form: { url: media, fields: {} } } };
    return { media, way: { cut: { sizeBytes: PART_BYTES, count: Math.ceil(file.size / PART_BYTES) } } };
  }

  async status(media: string): Promise<UploadStatus> {
    await this.#pass("status");
    const { size, parts, state, reason } = this.#find(media);
    const cut = { sizeBytes: PART_BYTES, count: Math.ceil(size / PART_BYTES) };
    return { state, reason, cut, stored: new Map([...parts].map(([number, { sha256 }]) => [number, sha256])) };
  }

  async address(media: string, number: number, sha256: string): Promise<PartAddress> {
    await this.#pass(`address ${number}`);
    this.#find(media);
    return { url: `${media}/${number}`, headers: { sha256 } };
  }

  async put({ url, headers }: PartAddress, part: Blob, onBytes: (sent: number) => void, signal: AbortSignal): Promise<void> {
    const [media = "", number = ""] = url.split("/");
    this.partsUnderWay += 1;
    this.mostPartsUnderWay = Math.max(this.mostPartsUnderWay, this.partsUnderWay);
    try {
      onBytes(part.size / 2);
      await new Promise((resolve) => setTimeout(resolve)); // others begin meanwhile
      signal.throwIfAborted();
      await this.#pass(`put ${number}`);
    } finally {
      this.partsUnderWay -= 1;
    }
    const sha256 = await checksumOf(part);
    if (sha256 !== headers["sha256"]) throw new RequestFailed(400, "part_refused", "other bytes");
    this.#find(media).parts.set(Number(number), { sha256, bytes: part });
  }

  async complete(media: string, sha256: readonly string[]): Promise<void> {
    await this.#pass("complete");
    const upload = this.#find(media);
    if (sha256.some((each, at) => upload.parts.get(at + 1)?.sha256 !== each)) throw new RequestFailed(409, "parts_missing", "missing");
    upload.state = "processing";
  }

  async cancel(media: string): Promise<void> {
    await this.#pass("cancel");
    this.#find(media).state = "cancelled";
  }

  async post({ url }: { url: string }, file: File, onBytes: (sent: number) => void): Promise<void> {
    await this.#pass("post");
    onBytes(file.size);
    this.#find(url).parts.set(1, { sha256: "", bytes: file });
  }

  /** What has arrived of an upload. */
  async textOf(media: string): Promise<string> {
    const parts = [...this.#find(media).parts].sort(([one], [other]) => one - other);
    return new Blob(parts.map(([, { bytes }]) => bytes)).text();
  }

  #find(media: string): Begun {
    const found = this.begun.get(media);
    if (found === undefined) throw new RequestFailed(404, "upload_not_found", "no such upload");
    return found;
  }

  async #pass(call: string): Promise<void> {
    this.calls.push(call);
    const obstacle = this.obstacle(call);
    if (obstacle instanceof Error) throw obstacle;
    await obstacle;
  }
}

/** Uploads over HTTP: the stage's endpoints below `/api/media`, and the store that files are put into. */

import { RequestFailed } from "./errors.ts";
import { count, fields, list, optional, type Reader, text } from "./shape.ts";
import type { Session, Stage } from "./stage.ts";
import { checksumOf, type Cut, type PartAddress, type UploadForm, type UploadPermit, type UploadServer, type UploadStatus } from "./upload.ts";

/** A transfer of which nothing moves for so long is over. */
const STALLED_MS = 60_000;
/** Of a line that is slow and yet alive, where nothing tells how it gets on. */
const SLOWEST_BYTES_PER_MS = 32;

const cut: Reader<Cut> = (value, path) => {
  const it = fields(value, path);
  return { sizeBytes: count(it["size_bytes"], `${path}.size_bytes`), count: count(it["count"], `${path}.count`) };
};

const texts: Reader<Record<string, string>> = (value, path) =>
  Object.fromEntries(Object.entries(fields(value, path)).map(([name, it]) => [name, text(it, `${path}.${name}`)]));

const form: Reader<UploadForm> = (value, path) => {
  const it = fields(value, path);
  return { url: text(it["url"], `${path}.url`), fields: texts(it["fields"], `${path}.fields`) };
};

const stored: Reader<[number, string]> = (value, path) => {
  const it = fields(value, path);
  return [count(it["number"], `${path}.number`), text(it["sha256"], `${path}.sha256`)];
};

/** With the token of a session. */
export function uploadServerOf(stage: Stage, session: Pick<Session, "token">): UploadServer {
  const below = (media: string): string => `/api/media/${encodeURIComponent(media)}`;
  return {
    permit: async (room, file, signal) => {
      const body = { room, name: file.name, content_type: file.type, size_bytes: file.size, ...(await promised(file)) };
      return permitOf(await stage.call("POST", "/api/media", { token: session.token, body, signal }));
    },
    status: async (media, signal) => statusOf(await stage.call("GET", below(media), { token: session.token, signal })),
    address: async (media, number, sha256, signal) => {
      const it = await stage.call("POST", `${below(media)}/parts`, { token: session.token, body: { parts: [{ number, sha256 }] }, signal });
      return list(addressOf)(it["parts"], "parts")[0] ?? unexpected("no address");
    },
    complete: async (media, sha256, signal) => {
      await stage.call("POST", `${below(media)}/complete`, { token: session.token, body: { sha256 }, signal });
    },
    cancel: async (media) => {
      await stage.call("DELETE", below(media), { token: session.token });
    },
    post: (target, file, onBytes, signal) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(target.fields)) body.append(name, value);
      body.append("file", file); // S3 ignores every field after the file
      return transfer("POST", { url: target.url, headers: {} }, body, { onBytes, signal, code: "upload_refused" });
    },
    put: (address, part, onBytes, signal) => transfer("PUT", address, part, { onBytes, signal, code: "part_refused" }),
  };
}

/** What the file is known by when it arrives. A page that is not secure has no cryptography: it promises nothing, and sends no parts. */
async function promised(file: File): Promise<object> {
  if (!("subtle" in crypto)) return {};
  // A large file is never read as a whole: each of its parts has a checksum of its own.
  return { parts: true, ...(file.size <= HASHED_WHOLE_BYTES && { sha256: await checksumOf(file) }) };
}

const HASHED_WHOLE_BYTES = 16 * 1024 * 1024;

function permitOf(it: Record<string, unknown>): UploadPermit {
  const media = text(it["media"], "media.media");
  const parts = optional(cut)(it["parts"], "media.parts");
  return { media, way: parts === null ? { form: form(it["upload"], "media.upload") } : { cut: parts } };
}

function statusOf(it: Record<string, unknown>): UploadStatus {
  const parts = optional(fields)(it["parts"], "media.parts");
  return {
    state: text(it["state"], "media.state"),
    reason: optional(text)(it["reason"], "media.reason"),
    cut: parts === null ? null : cut(parts, "media.parts"),
    stored: new Map(parts === null ? [] : list(stored)(parts["stored"], "media.parts.stored")),
  };
}

const addressOf: Reader<PartAddress> = (value, path) => {
  const it = fields(value, path);
  return { url: text(it["url"], `${path}.url`), headers: texts(it["headers"], `${path}.headers`) };
};

function unexpected(what: string): never {
  throw new RequestFailed(0, "unexpected_answer", what);
}

interface TransferOptions {
  readonly onBytes: (sent: number) => void;
  readonly signal: AbortSignal;
  /** What a refusal of the store is called. */
  readonly code: string;
}

/** XMLHttpRequest where there is one, because `fetch` still reports no progress of what it sends. */
const transfer: typeof transferWatched = (...sending) =>
  typeof XMLHttpRequest === "undefined" ? transferWhole(...sending) : transferWatched(...sending);

/** Tells of progress at the end only, and so bounds the whole time. */
async function transferWhole(
  method: string,
  { url, headers }: PartAddress,
  body: FormData | Blob,
  { onBytes, signal, code }: TransferOptions,
): Promise<void> {
  const bytes = body instanceof Blob ? body.size : [...body.values()].reduce((sum, it) => sum + (typeof it === "string" ? 0 : it.size), 0);
  const limit = AbortSignal.timeout(STALLED_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS));
  const init = { method, headers, body: untyped(body), signal: AbortSignal.any([signal, limit]) };
  const answer = await fetch(url, init).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new RequestFailed(0, "network", error instanceof Error ? error.message : String(error));
  });
  if (!answer.ok) throw new RequestFailed(answer.status, code, `the store answered with ${answer.status}`);
  onBytes(bytes);
}

function transferWatched(
  method: string,
  { url, headers }: PartAddress,
  body: FormData | Blob,
  { onBytes, signal, code }: TransferOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = (): void => {
      request.abort();
    };
    let stalled = setTimeout(abort, STALLED_MS);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => {
      clearTimeout(stalled);
      stalled = setTimeout(abort, STALLED_MS);
      onBytes(loaded);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new RequestFailed(request.status, code, `the store answered with ${request.status}`));
    };
    request.onerror = () => {
      reject(new RequestFailed(0, "network", "the file did not get through"));
    };
    request.onabort = () => {
      if (!signal.aborted) reject(new RequestFailed(0, "network", "nothing moved any more"));
      else reject(signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError"));
    };
    request.onloadend = () => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", abort);
    };
    signal.addEventListener("abort", abort);
    request.send(untyped(body));
  });
}

/** The type of a part is no part of its signature. */
function untyped(body: FormData | Blob): FormData | Blob {
  return body instanceof Blob ? body.slice(0, body.size, "") : body;
}

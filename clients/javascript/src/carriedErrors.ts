/** Failures as plain records, for where one outlives its page or is told to another: a prototype goes neither way. */

import { ChatError, CommandRefused, ConnectionLost, RequestFailed } from "./errors.ts";
import { count, fields, flag, optional, type Reader, ShapeError, text } from "./shape.ts";

export interface CarriedError {
  readonly kind: "refused" | "lost" | "request" | "shape";
  readonly code: string;
  readonly message: string;
  readonly temporary: boolean;
  readonly retryAfterMs: number | null;
  readonly status: number;
}

export function carry(error: unknown): CarriedError {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof ChatError ? error.code : "";
  const temporary = error instanceof ChatError && error.temporary;
  const rest = { code, message, temporary, retryAfterMs: null, status: 0 };
  if (error instanceof ConnectionLost) return { kind: "lost", ...rest };
  if (error instanceof RequestFailed) return { kind: "request", ...rest, retryAfterMs: error.retryAfterMs, status: error.status };
  if (error instanceof ShapeError) return { kind: "shape", ...rest, code: error.path };
  return { kind: "refused", ...rest, retryAfterMs: error instanceof CommandRefused ? error.retryAfterMs : null };
}

/** The failure again. A time limit that ran out comes back as what it means to whoever asked: a refusal for now. */
export function uncarry({ kind, code, message, temporary, retryAfterMs, status }: CarriedError): ChatError | ShapeError {
  switch (kind) {
    case "lost":
      return new ConnectionLost();
    case "request":
      return new RequestFailed(status, code, message, retryAfterMs);
    case "shape":
      return ShapeError.saying(code, message);
    case "refused":
      return new CommandRefused({ code, message, temporary, retry_after_ms: retryAfterMs });
  }
}

const KINDS: readonly CarriedError["kind"][] = ["refused", "lost", "request", "shape"];

/** Reads one that was stored; throws `ShapeError`. */
export const carriedError: Reader<CarriedError> = (value, path) => {
  const it = fields(value, path);
  const kind = KINDS.find((known) => known === it["kind"]);
  if (kind === undefined) throw new ShapeError(`${path}.kind`, KINDS.join(" or "));
  return {
    kind,
    code: text(it["code"], `${path}.code`),
    message: text(it["message"], `${path}.message`),
    temporary: flag(it["temporary"], `${path}.temporary`),
    retryAfterMs: optional(count)(it["retryAfterMs"], `${path}.retryAfterMs`),
    status: count(it["status"], `${path}.status`),
  };
};

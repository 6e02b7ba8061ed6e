/** Why something that was asked of the server did not happen. Words for people are made elsewhere, from `code`. */

export abstract class ChatError extends Error {
  /** From the protocol where the server said it, else one of this client's own. */
  abstract readonly code: string;
  /** The same thing may succeed when it is asked again. */
  abstract readonly temporary: boolean;
}

/** The server refused a command. `retryAfterMs` is null where the server set no wait. */
export class CommandRefused extends ChatError {
  override readonly name = "CommandRefused";
  readonly code: string;
  readonly temporary: boolean;
  readonly retryAfterMs: number | null;

  constructor(refusal: { code: string; message: string; temporary: boolean; retry_after_ms: number | null }) {
    super(refusal.message);
    this.code = refusal.code;
    this.temporary = refusal.temporary;
    this.retryAfterMs = refusal.retry_after_ms;
  }
}

/** The socket went away before the reply came, or there was none to send on. */
export class ConnectionLost extends ChatError {
  override readonly name = "ConnectionLost";
  readonly code = "offline";
  readonly temporary = true;

  constructor() {
    super("the connection was lost");
  }
}

/** No reply within the time limit; whether the command was carried out is unknown. */
export class ReplyTimeout extends ChatError {
  override readonly name = "ReplyTimeout";
  readonly code = "timeout";
  readonly temporary = true;

  constructor(action: string, timeoutMs: number) {
    super(`no reply to ${action} within ${timeoutMs} ms`);
  }
}

/** An HTTP request failed. `status` is 0 where no answer came at all; `retryAfterMs` null where the server set no wait. */
export class RequestFailed extends ChatError {
  override readonly name = "RequestFailed";
  readonly code: string;
  readonly status: number;
  readonly retryAfterMs: number | null;

  constructor(status: number, code: string, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The session is no longer accepted: somebody has to sign in again. */
export class SessionEnded extends ChatError {
  override readonly name = "SessionEnded";
  readonly code = "unauthorized";
  readonly temporary = false;

  constructor() {
    super("the session is no longer accepted");
  }
}

/** A file that this client or the server will not take: asking again with the same file changes nothing. */
export class FileRejected extends ChatError {
  override readonly name = "FileRejected";
  readonly code: "unsupported_type" | "file_too_large" | "media_rejected";
  readonly temporary = false;

  constructor(code: FileRejected["code"], reason: string) {
    super(reason);
    this.code = code;
  }
}

/** An upload whose file the page no longer has: it was loaded again. Choosing the same file goes on with it. */
export class UploadInterrupted extends ChatError {
  override readonly name = "UploadInterrupted";
  readonly code = "upload_interrupted";
  readonly temporary = false;

  constructor() {
    super("the page was loaded again");
  }
}

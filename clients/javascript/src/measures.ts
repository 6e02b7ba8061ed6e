/**
 * What this page sees of its own speed and faults: numbers kept until somebody tells the stage of them.
 *
 * A number is taken with one line where something happens, and never fails. No text, name, room or id is ever among
 * them. Bounded: of times the newest are kept, as many as a report takes.
 */

const MOST_TIMES = 50;
const MOST_FAULTS = 10;
const encoder = new TextEncoder();

/** The body of `POST /api/measurements`. */
export interface PageReport {
  readonly ack_ms: readonly number[];
  readonly delivery_ms: readonly number[];
  readonly reconnects: number;
  readonly fallback_s: number;
  readonly sent_bytes: number;
  readonly received_bytes: number;
  readonly vitals: Readonly<Record<string, number>>;
  readonly layout_shift: number | null;
  readonly faults: readonly PageFault[];
}

export interface PageFault {
  readonly fingerprint: string;
  readonly name: string;
}

const NOTHING = {
  ack_ms: [],
  delivery_ms: [],
  reconnects: 0,
  fallback_s: 0,
  sent_bytes: 0,
  received_bytes: 0,
  vitals: {},
  layout_shift: null,
  faults: [],
} as const satisfies PageReport;

export class Measures {
  #report: PageReport = NOTHING;
  /** Since when requests take a socket's place; null while they don't. */
  #fallbackSinceMs: number | null = null;

  /** A send was acknowledged. */
  acked(timeMs: number): void {
    this.#note({ ack_ms: [...this.#report.ack_ms, timeMs].slice(-MOST_TIMES) });
  }

  /** A message arrived so long after the server's time of it. */
  delivered(timeMs: number): void {
    this.#note({ delivery_ms: [...this.#report.delivery_ms, Math.max(0, timeMs)].slice(-MOST_TIMES) });
  }

  reconnected(): void {
    this.#note({ reconnects: this.#report.reconnects + 1 });
  }

  /** Requests take a socket's place from now on, or no longer. */
  fellBack(isSo: boolean): void {
    if (!isSo) this.#countFallback(null);
    else this.#fallbackSinceMs ??= performance.now();
  }

  sent(frame: string): void {
    this.#note({ sent_bytes: this.#report.sent_bytes + sizeOf(frame) });
  }

  received(frame: string): void {
    this.#note({ received_bytes: this.#report.received_bytes + sizeOf(frame) });
  }

  vital(name: string, timeMs: number): void {
    this.#note({ vitals: { ...this.#report.vitals, [name]: timeMs } });
  }

  shifted(score: number): void {
    this.#note({ layout_shift: score });
  }

  /** Nothing caught this. The same fault counts once a report. */
  failed(error: unknown): void {
    const { faults } = this.#report;
    const fault = { fingerprint: fingerprintOf(error), name: nameOf(error) };
    if (faults.length >= MOST_FAULTS || faults.some(({ fingerprint }) => fingerprint === fault.fingerprint)) return;
    this.#note({ faults: [...faults, fault] });
  }

  /** All there is since it was last taken; null for nothing. */
  take(): PageReport | null {
    if (this.#fallbackSinceMs !== null) this.#countFallback(performance.now());
    const report = this.#report;
    this.#report = NOTHING;
    return report === NOTHING ? null : report;
  }

  #countFallback(onSinceMs: number | null): void {
    const seconds = this.#fallbackSinceMs === null ? 0 : Math.round((performance.now() - this.#fallbackSinceMs) / 1000);
    this.#fallbackSinceMs = onSinceMs;
    if (seconds > 0) this.#note({ fallback_s: this.#report.fallback_s + seconds });
  }

  #note(change: Partial<PageReport>): void {
    this.#report = { ...this.#report, ...change };
  }
}

/** Of this page. */
export const measures = new Measures();

function sizeOf(text: string): number {
  return encoder.encode(text).length;
}

/** Frames of a stack that count, the innermost ones. */
const INNERMOST = 3;

function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  return name.replace(/[^A-Za-z]/gu, "").slice(0, 40) || "Error";
}

/**
 * 12 hexadecimal digits of an error's type and of its innermost frames, each its function and file. What it says does not count,
 * nor do lines and the hashes in files' names, so that a fault keeps its name from build to build where its functions do.
 */
export function fingerprintOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack.split("\n").map(frameOf).filter((it) => it !== null);
  return hash([nameOf(error), ...frames.slice(0, INNERMOST)].join("\n"));
}

/** `    at send (https://…/assets/index-4f2a.js:1:234)` as Chromium writes it, `send@https://…` as the others do. */
function frameOf(line: string): string | null {
  const found = /^\s*(?:at )?(?<call>[^@(]*?)[@ (]*(?:https?|file):\/\/\S*?\/(?<file>[^/:?)]+)[^/]*:\d+:\d+\)?$/u.exec(line);
  if (found?.groups === undefined) return null;
  const { call = "", file = "" } = found.groups;
  return `${call.trim()} ${file.replace(/-[\w-]{8}\./u, ".")}`;
}

/** FNV-1a in 48 bits, in two halves. No secret depends on it. */
function hash(text: string): string {
  let [left, right] = [0x811c9dc5, 0x01234567];
  for (const byte of encoder.encode(text)) {
    left = Math.imul(left ^ byte, 0x01000193) >>> 0;
    right = Math.imul(right ^ byte, 0x01000193) >>> 0;
  }
  return left.toString(16).padStart(8, "0") + (right & 0xffff).toString(16).padStart(4, "0");
}

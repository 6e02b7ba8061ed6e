/** The golden frames that the server's tests read too: `tests/frames` at the root of the repository. */

export interface GoldenFrame {
  /** The file's path without its ending, such as `acks/send`. */
  readonly kind: string;
  readonly about: string;
  readonly frame: unknown;
}

/** A frame that the server refuses, as text, because it need not be JSON. */
export interface InvalidFrame {
  readonly about: string;
  readonly text: string;
  readonly code: string;
}

interface File {
  readonly frames: readonly object[];
}

const ROOT = "../../../tests/frames/";
const files = import.meta.glob<File>("../../../tests/frames/**/*.json", { eager: true, import: "default" });

function framesIn<T>(isWanted: (kind: string) => boolean): T[] {
  return Object.entries(files).flatMap(([path, { frames }]) => {
    const kind = path.slice(ROOT.length).replace(/\.json$/u, "");
    return isWanted(kind) ? frames.map((frame) => ({ kind, ...frame }) as T) : [];
  });
}

export const GOLDEN = framesIn<GoldenFrame>((kind) => !kind.startsWith("invalid/"));
export const INVALID = framesIn<InvalidFrame>((kind) => kind.startsWith("invalid/"));

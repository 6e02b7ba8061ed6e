/** The kinds of files that can be sent, and how large each may be: as the stage takes them that says nothing else. */

const MIB = 1024 * 1024;

interface UploadKind {
  readonly types: readonly string[];
  readonly maxBytes: number;
}

const KINDS: readonly UploadKind[] = [
  { types: ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"], maxBytes: 10 * MIB },
  { types: ["video/mp4", "video/quicktime", "video/webm"], maxBytes: 1024 * MIB },
  {
    types: [
      "audio/mp4",
      "audio/x-m4a",
      "audio/mpeg",
      "audio/ogg",
      "audio/webm",
      "audio/wav",
      "audio/x-wav",
      "audio/flac",
      "audio/x-flac",
    ],
    maxBytes: 200 * MIB,
  },
  { types: ["application/pdf", "text/plain", "text/csv", "text/markdown"], maxBytes: 50 * MIB },
];

export const UPLOAD_TYPES: readonly string[] = KINDS.flatMap(({ types }) => types);

/** The most bytes of a file of that type; null where none is taken. */
export function maxBytesOf(type: string): number | null {
  return KINDS.find(({ types }) => types.includes(type))?.maxBytes ?? null;
}

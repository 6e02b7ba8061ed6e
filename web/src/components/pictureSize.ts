import type { Media } from "@agent-chat/client/frames";

/** Longest side of an image in the list, in CSS pixels. */
const LONGEST_PX = 340;

/** How wide an image is in the list: known before it is loaded, so that nothing moves when it comes. */
export function widthInList({ original: { width, height } }: Media): string {
  const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
  return `min(${Math.max(1, Math.round(width * scale))}px, 70vw)`;
}

/** How wide an image is that has the window to itself, but for a bar above it and a margin (`.lightbox`). */
export function widthInWindow({ original: { width, height } }: Media): string {
  return `min(${width}px, 100vw - 24px, (100dvh - 80px) * ${width / height})`;
}

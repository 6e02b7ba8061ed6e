import { type DragEvent, type DragEventHandler, useState } from "react";

export interface FileDrop {
  /** Files are being dragged over the element. */
  readonly isOver: boolean;
  /** To be spread on it. */
  readonly handlers: Readonly<Record<"onDragEnter" | "onDragLeave" | "onDragOver" | "onDrop", DragEventHandler>>;
}

/** Files dragged over an element and let go there. */
export function useFileDrop(onFiles: (files: File[]) => void): FileDrop {
  // Moving between the element's children leaves one and enters another: only the balance tells.
  const [depth, setDepth] = useState(0);
  const withFiles = (event: DragEvent, act: () => void): void => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    act();
  };
  const handlers = {
    onDragEnter: (event: DragEvent) => {
      withFiles(event, () => {
        setDepth((it) => it + 1);
      });
    },
    onDragLeave: (event: DragEvent) => {
      withFiles(event, () => {
        setDepth((it) => Math.max(0, it - 1));
      });
    },
    onDragOver: (event: DragEvent) => {
      withFiles(event, () => undefined);
    },
    onDrop: (event: DragEvent) => {
      withFiles(event, () => {
        setDepth(0);
        onFiles([...event.dataTransfer.files]);
      });
    },
  };
  return { isOver: depth > 0, handlers };
}

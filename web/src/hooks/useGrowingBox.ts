import { type RefObject, useLayoutEffect } from "react";

/** Keeps a field as high as what is written in it; its stylesheet says where that ends. */
export function useGrowingBox(box: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    if (box.current !== null) fit(box.current);
  }, [box, text]);
}

function fit(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

import type { Author } from "@agent-chat/client/frames";
import { type KeyboardEvent, type RefObject, useState } from "react";

import { type BegunMention, begunMention, type Mentionable } from "../state/mentioning";
import { useStore } from "./useStore";

export interface MentionBox {
  /** Empty while nobody is being named. */
  readonly offered: readonly Author[];
  /** Which of them Enter takes. */
  readonly chosen: number;
  /** To be called with whatever is in the field, and where the caret is. */
  readonly look: (text: string, caret: number) => void;
  /** True where the key was for the offered names. */
  readonly onKey: (event: KeyboardEvent) => boolean;
  readonly take: (user: Author) => void;
}

/** Offers members while an `@` is being typed in a field. `onText` gets the text with the name that was taken. */
export function useMentionBox(
  people: Mentionable,
  input: RefObject<HTMLTextAreaElement | null>,
  onText: (text: string) => void,
): MentionBox {
  useStore(people.view);
  const [begun, setBegun] = useState<BegunMention | null>(null);
  const [chosen, setChosen] = useState(0);
  const offered = begun === null ? [] : people.matching(begun.prefix);

  const take = ({ id }: Author): void => {
    const box = input.current;
    if (box === null || begun === null) return;
    const name = `@${id} `;
    const behind = box.value.slice(begun.start + 1 + begun.prefix.length);
    onText(box.value.slice(0, begun.start) + name + behind.replace(/^ /u, ""));
    setBegun(null);
    const caret = begun.start + name.length;
    // The caret can be put there once the field has its new text.
    requestAnimationFrame(() => {
      box.focus();
      box.setSelectionRange(caret, caret);
    });
  };

  return {
    offered,
    chosen: Math.min(chosen, offered.length - 1),
    take,
    look: (text, caret) => {
      const next = begunMention(text, caret);
      if (next !== null) void people.load();
      if (next?.prefix !== begun?.prefix) setChosen(0);
      setBegun(next);
    },
    onKey: (event) => {
      const picked = offered[Math.min(chosen, offered.length - 1)];
      if (picked === undefined) return false;
      switch (event.key) {
        case "ArrowDown":
          setChosen((chosen + 1) % offered.length);
          break;
        case "ArrowUp":
          setChosen((chosen + offered.length - 1) % offered.length);
          break;
        case "Enter":
        case "Tab":
          take(picked);
          break;
        case "Escape":
          setBegun(null);
          break;
        default:
          return false;
      }
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}

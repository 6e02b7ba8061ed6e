import { LIMITS } from "@agent-chat/client/frames";
import { type RefObject, useEffect, useRef, useState } from "react";

import { useWords } from "../hooks/useWords";
import { Popover } from "./Popover";

/** A few that fit most things; any other can be typed or pasted. */
const OFFERED = [
  ["👍", "thumbsUp"],
  ["❤️", "heart"],
  ["😂", "laughing"],
  ["🎉", "party"],
  ["😮", "surprised"],
  ["😢", "sad"],
  ["🙏", "thanks"],
  ["👀", "looking"],
  ["✅", "done"],
  ["❌", "no"],
  ["🔥", "fire"],
  ["🚀", "rocket"],
  ["💯", "hundred"],
  ["🤔", "thinking"],
  ["👏", "applause"],
  ["👋", "waving"],
] as const;

interface EmojiPickerProps {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

export function EmojiPicker({ anchor, onPick, onClose }: EmojiPickerProps) {
  const words = useWords().messages;
  const [typed, setTyped] = useState("");
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    grid.current?.querySelector("button")?.focus();
  }, []);
  const pick = (emoji: string): void => {
    onClose();
    anchor.current?.focus();
    onPick(emoji);
  };
  return (
    <Popover anchor={anchor} label={words.reactions.choose} role="dialog" className="picker" onClose={onClose}>
      <div ref={grid} className="picker__grid">
        {OFFERED.map(([emoji, name]) => (
          <button
            key={emoji}
            type="button"
            className="picker__emoji"
            aria-label={words.emoji[name]}
            title={words.emoji[name]}
            data-testid="emoji"
            onClick={() => {
              pick(emoji);
            }}
          >
            {emoji}
          </button>
        ))}
      </div>
      <form
        className="picker__form"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== "") pick(typed.trim());
        }}
      >
        <input
          className="input"
          value={typed}
          maxLength={LIMITS.react.emoji.maxLength}
          placeholder={words.reactions.other}
          aria-label={words.reactions.other}
          data-testid="emoji-input"
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.target.value);
          }}
        />
        <button type="submit" className="button" disabled={typed.trim() === ""}>
          {words.actions.react}
        </button>
      </form>
    </Popover>
  );
}

import { useEffect } from "react";

import { useWords } from "../hooks/useWords";
import { IconButton } from "./IconButton";

/** How long a word of thanks stays, or of regret. */
const TOLD_MS = 8_000;

interface ToldProps {
  /** Null for nothing. */
  readonly told: string | null;
  readonly tell: (words: string | null) => void;
}

/** What somebody should know of what they did, for a while. */
export function Told({ told, tell }: ToldProps) {
  const { dismiss } = useWords().messages;
  useEffect(() => {
    if (told === null) return undefined;
    const timer = setTimeout(() => {
      tell(null);
    }, TOLD_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [told, tell]);
  return (
    <div role="status">
      {told !== null && (
        <p className="told" data-testid="told">
          {told}
          <IconButton
            icon="close"
            label={dismiss}
            onClick={() => {
              tell(null);
            }}
          />
        </p>
      )}
    </div>
  );
}

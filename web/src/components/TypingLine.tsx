import type { Author } from "@agent-chat/client/frames";

import { useWords } from "../hooks/useWords";

/** Who is writing. Its height is always there, so that nothing moves. */
export function TypingLine({ typists }: { readonly typists: readonly Author[] }) {
  const words = useWords().messages;
  return (
    <p className="typing" data-testid="typing">
      {typists.length > 0 && (
        <>
          <span className="typing__dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {words.typing(typists.map(({ name }) => name))}
        </>
      )}
    </p>
  );
}

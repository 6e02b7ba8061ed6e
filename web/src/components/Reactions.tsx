import type { Copy } from "@agent-chat/client/changes";

import { useMessageActions } from "../hooks/useMessageActions";
import { useWords } from "../hooks/useWords";
import { rightsOn } from "../state/rights";

/** Who reacted with what is in the message's menu; here is how many, and whether oneself is among them. */
export function Reactions({ message }: { readonly message: Copy }) {
  const { me, role, react } = useMessageActions();
  const words = useWords().messages.reactions;
  if (message.reactions.length === 0) return null;
  const isAllowed = rightsOn(message, me.id, role).react;
  return (
    <ul className="reactions" aria-label={words.label}>
      {message.reactions.map(({ emoji, count }) => {
        const isMine = message.mine?.includes(emoji) ?? false;
        return (
          <li key={emoji}>
            <button
              type="button"
              className="reaction"
              data-testid="reaction"
              data-emoji={emoji}
              aria-pressed={isMine}
              aria-label={words.one(emoji, count, isMine)}
              title={isMine ? words.takeBack : words.add}
              disabled={!isAllowed}
              onClick={() => {
                react(message, emoji);
              }}
            >
              <span>{emoji}</span> <span className="reaction__count">{count}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

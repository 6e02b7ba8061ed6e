import { useEffect, useState } from "react";

import { MessageCard } from "../../components/MessageCard";
import { PanelFrame } from "../../components/PanelFrame";
import { useMessageActions } from "../../hooks/useMessageActions";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import type { Conversation } from "../../state/conversation";
import { Pins } from "../../state/pins";
import { moderates } from "../../state/rights";
import { explain } from "../../state/wording";

interface PinsPanelProps {
  readonly talk: Conversation;
  readonly onJump: (seq: number) => void;
  readonly onClose: () => void;
}

/** What moderators keep in view, the newest first. */
export function PinsPanel({ talk, onJump, onClose }: PinsPanelProps) {
  const words = useWords();
  const { role, pin } = useMessageActions();
  const [pins] = useState(() => new Pins(talk.connection, talk.room.id));
  const { messages, failure } = useStore(pins.view);
  useEffect(() => {
    void pins.load();
    return talk.room.watch({
      onEntered: () => void pins.load(),
      onChange: (change) => {
        pins.change(change);
      },
    });
  }, [talk, pins]);
  return (
    <PanelFrame title={words.messages.pins.title} testId="pins-panel" onClose={onClose}>
      <div className="panel__body">
        {failure !== null && (
          <p className="panel__note" role="alert">
            {explain(words, failure)}{" "}
            <button type="button" className="text-button" onClick={() => void pins.load()}>
              {words.shell.tryAgain}
            </button>
          </p>
        )}
        {messages === null && failure === null && <p className="panel__note">{words.messages.loading}</p>}
        {messages?.length === 0 && <p className="panel__note">{words.messages.pins.none}</p>}
        <ol className="cards">
          {messages?.toReversed().map((message) => (
            <li key={message.seq}>
              <MessageCard message={message} testId="pin" onOpen={onJump} />
              {moderates(role) && (
                <button
                  type="button"
                  className="text-button card__action"
                  data-testid="unpin"
                  onClick={() => {
                    pin(message);
                  }}
                >
                  {words.messages.actions.unpin}
                </button>
              )}
            </li>
          ))}
        </ol>
      </div>
    </PanelFrame>
  );
}

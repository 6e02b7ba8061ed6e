import { LIMITS } from "@agent-chat/client/frames";
import { useEffect, useState } from "react";

import { MessageCard } from "../../components/MessageCard";
import { PanelFrame } from "../../components/PanelFrame";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import type { Conversation } from "../../state/conversation";
import type { FoundView } from "../../state/foundPages";
import { RoomSearch } from "../../state/search";
import { explain } from "../../state/wording";

interface SearchPanelProps {
  readonly talk: Conversation;
  readonly onJump: (seq: number) => void;
  readonly onClose: () => void;
}

/** Words in a room's messages; what is found leads to its place. */
export function SearchPanel({ talk, onJump, onClose }: SearchPanelProps) {
  const words = useWords();
  const [search] = useState(() => new RoomSearch(talk.connection, talk.room.id));
  const [query, setQuery] = useState("");
  const searched = useStore(search.query);
  const view = useStore(search.pages.view);
  useEffect(
    () =>
      talk.room.watch({
        onChange: (change) => {
          search.pages.change(change);
        },
      }),
    [talk, search],
  );
  const marked = searched
    .toLocaleLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  return (
    <PanelFrame title={words.messages.search.title} testId="search-panel" onClose={onClose}>
      <form
        className="panel__form"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          void search.start(query);
        }}
      >
        <input
          type="search"
          className="input"
          data-testid="search-input"
          aria-label={words.messages.search.label}
          placeholder={words.messages.search.label}
          value={query}
          maxLength={LIMITS.search.query.maxLength}
          autoComplete="off"
          onChange={(event) => {
            setQuery(event.target.value);
          }}
        />
      </form>
      <div className="panel__body">
        <p className="panel__note" role="status">
          <SearchStatus query={searched} view={view} />
        </p>
        <ol className="cards">
          {view.found.map((message) => (
            <li key={message.seq}>
              <MessageCard message={message} marked={marked} testId="search-result" onOpen={onJump} />
            </li>
          ))}
        </ol>
        {view.before !== null && view.phase !== "looking" && (
          <button type="button" className="text-button panel__more" onClick={() => void search.pages.more()}>
            {view.phase === "failed" ? words.shell.tryAgain : words.messages.search.more}
          </button>
        )}
      </div>
    </PanelFrame>
  );
}

function SearchStatus({ query, view: { found, phase, failure, before } }: { readonly query: string; readonly view: FoundView }) {
  const words = useWords();
  const { search } = words.messages;
  if (query === "") return search.start;
  if (phase === "looking") return search.searching;
  if (phase === "failed") return explain(words, failure);
  if (found.length > 0) return search.found(found.length);
  return before === null ? search.none : null;
}

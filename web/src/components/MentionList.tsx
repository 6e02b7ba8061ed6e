import type { Author } from "@agent-chat/client/frames";

import { useWords } from "../hooks/useWords";
import { Avatar } from "./Avatar";

interface MentionListProps {
  readonly id: string;
  readonly users: readonly Author[];
  readonly chosen: number;
  readonly onTake: (user: Author) => void;
}

/** Members to be named, over the field in which that is done. The field keeps the focus and says which one is meant. */
export function MentionList({ id, users, chosen, onTake }: MentionListProps) {
  const { people } = useWords().messages.composer;
  return (
    <div id={id} className="mentions" role="listbox" aria-label={people} data-testid="mentions">
      {users.map((user, index) => (
        // Keys go to the field.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events
        <div
          key={user.id}
          id={`${id}-${index}`}
          className="mentions__item"
          role="option"
          tabIndex={-1}
          aria-selected={index === chosen}
          data-testid="mention-option"
          data-user={user.id}
          onPointerDown={(event) => {
            event.preventDefault(); // the field keeps the focus
          }}
          onClick={() => {
            onTake(user);
          }}
        >
          <Avatar id={user.id} name={user.name} />
          <span className="mentions__name">{user.name}</span>
          <span className="mentions__id">@{user.id}</span>
        </div>
      ))}
    </div>
  );
}

import type { Author } from "@agent-chat/client/frames";

import { useWords } from "../hooks/useWords";
import { Avatar } from "./Avatar";

const MAX_SHOWN = 5;

/** Who has read up to a message and no further. */
export function ReadBy({ readers }: { readonly readers: readonly Author[] }) {
  const said = useWords().messages.readBy(readers.map(({ name }) => name));
  return (
    <p className="read-by" data-testid="read-by" title={said}>
      <span className="visually-hidden">{said}</span>
      {readers.slice(0, MAX_SHOWN).map(({ id, name }) => (
        <Avatar key={id} id={id} name={name} />
      ))}
      {readers.length > MAX_SHOWN && <span aria-hidden="true">+{readers.length - MAX_SHOWN}</span>}
    </p>
  );
}

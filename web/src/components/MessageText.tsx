import { Fragment } from "react";

const LINK = /(https?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]])/u;

/** What a person wrote, with its web addresses as links. Never HTML. */
export function MessageText({ text }: { readonly text: string }) {
  return (
    <p className="message__text" dir="auto">
      {text.split(LINK).map((part, index) =>
        index % 2 === 1 ? (
          <a key={index} href={part} target="_blank" rel="noopener noreferrer">
            {part}
          </a>
        ) : (
          <Fragment key={index}>{part}</Fragment>
        ),
      )}
    </p>
  );
}

import { FileRejected } from "@agent-chat/client/errors";
import type { Author } from "@agent-chat/client/frames";
import type { OutgoingMessage } from "@agent-chat/client/outbox";

import { useWords } from "../hooks/useWords";
import type { Upload } from "../state/uploads";
import { explain } from "../state/wording";
import { Icon } from "./Icon";
import { BubbleRow } from "./MessageRow";
import { MessageText } from "./MessageText";

interface FailureProps {
  readonly error: unknown;
  /** Null where trying again takes more than a click. */
  readonly onRetry: (() => void) | null;
  readonly onDiscard: () => void;
}

function Failure({ error, onRetry, onDiscard }: FailureProps) {
  const words = useWords();
  const { message } = words.room;
  return (
    <p className="message__failure" role="alert">
      <span>{message.notSent(explain(words, error))}</span>
      {onRetry !== null && !(error instanceof FileRejected) && (
        <button type="button" className="text-button" onClick={onRetry}>
          {words.shell.tryAgain}
        </button>
      )}
      <button type="button" className="text-button" onClick={onDiscard}>
        {message.discard}
      </button>
    </p>
  );
}

function Progress({ label }: { readonly label: string }) {
  return (
    <p className="message__progress">
      <Icon name="clock" /> {label}
    </p>
  );
}

interface ActionsProps {
  readonly me: Author;
  readonly isHead: boolean;
  readonly onRetry: (id: string) => void;
  readonly onDiscard: (id: string) => void;
}

/** One's own message that has no number yet. */
export function OutgoingRow({ message, me, isHead, onRetry, onDiscard }: ActionsProps & { message: OutgoingMessage }) {
  const words = useWords().room.message;
  const { id, failure } = message;
  const footer =
    failure === null ? (
      <Progress label={words.waiting} />
    ) : (
      <Failure
        error={failure}
        onRetry={() => {
          onRetry(id);
        }}
        onDiscard={() => {
          onDiscard(id);
        }}
      />
    );
  const state = failure === null ? "pending" : "failed";
  return (
    <BubbleRow author={me} isMine isHead={isHead} atMs={message.createdAtMs} state={state} footer={footer}>
      <MessageText text={message.text} />
    </BubbleRow>
  );
}

/** An image that is not a message yet. */
export function UploadRow({ upload, me, isHead, onRetry, onDiscard }: ActionsProps & { upload: Upload }) {
  const words = useWords().room.message;
  const { id, file, fingerprint, previewUrl, phase, progress, failure } = upload;
  const percent = Math.round(progress * 100);
  return (
    <BubbleRow
      author={me}
      isMine
      isHead={isHead}
      atMs={upload.startedAtMs}
      state={phase === "failed" ? "failed" : "pending"}
      footer={
        phase === "failed" ? (
          <Failure
            error={failure}
            onRetry={
              file &&
              (() => {
                onRetry(id);
              })
            }
            onDiscard={() => {
              onDiscard(id);
            }}
          />
        ) : (
          <Progress label={phase === "sending" ? words.uploading(progress) : words.preparing} />
        )
      }
    >
      <figure className="upload" data-testid="upload" data-phase={phase}>
        {previewUrl === null || failure instanceof FileRejected ? (
          <p className="message__text">{fingerprint.name}</p>
        ) : (
          <img src={previewUrl} alt={fingerprint.name} />
        )}
        {phase !== "failed" && (
          <progress
            className="upload__bar"
            aria-label={words.uploadingFile(fingerprint.name)}
            max={100}
            {...(phase === "sending" && { value: percent })}
          />
        )}
      </figure>
    </BubbleRow>
  );
}

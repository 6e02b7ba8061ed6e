import type { Author, Message } from "@agent-chat/client/frames";
import { memo } from "react";

import { useMessageActions } from "../hooks/useMessageActions";
import { useWords } from "../hooks/useWords";
import type { Row } from "../state/timeline";
import { describeNotice } from "../state/wording";
import { MessageRow } from "./MessageRow";
import { OutgoingRow, UploadRow } from "./OutgoingRow";

/** What can be done about what is missing or on its way. */
export interface RowActions {
  readonly onRefill: () => void;
  readonly onRetryMessage: (id: string) => void;
  readonly onDiscardMessage: (id: string) => void;
  readonly onRetryUpload: (id: string) => void;
  readonly onDiscardUpload: (id: string) => void;
}

interface LogRowProps {
  readonly row: Row;
  readonly actions: RowActions;
  readonly fillFailed: boolean;
  /** What the row's message answers: see `MessageRow`. */
  readonly quoted: Message | null | undefined;
  readonly isEdited: boolean;
  /** Who has read up to here and no further. */
  readonly readers: readonly Author[] | undefined;
}

/** What a row of the log looks like. */
export const LogRow = memo(function LogRow({ row, actions, fillFailed, quoted, isEdited, readers }: LogRowProps) {
  const words = useWords();
  const { me } = useMessageActions();
  switch (row.type) {
    case "day":
      return (
        <div className="day" role="separator" aria-label={words.formats.dayName(row.atMs)}>
          <span>{words.formats.dayName(row.atMs)}</span>
        </div>
      );
    case "unread":
      return (
        <div className="unread-mark" role="separator" aria-label={words.messages.unread} data-testid="unread-mark">
          <span>{words.messages.unread}</span>
        </div>
      );
    case "gap":
      return (
        <div className="gap" data-testid="gap">
          {fillFailed ? (
            <button type="button" className="text-button" onClick={actions.onRefill}>
              {words.room.log.missedFailed(row.missing)}
            </button>
          ) : (
            words.room.log.loadingMissed
          )}
        </div>
      );
    case "notice":
      return (
        <div className="notice" data-testid="notice">
          {describeNotice(words, row.notice.event, me.id)}
        </div>
      );
    case "beginning":
      return <p className="log__begins">{words.room.log.begins}</p>;
    case "message":
      return (
        <MessageRow
          message={row.message}
          isHead={row.isHead}
          replies={row.replies}
          quoted={quoted}
          isEdited={isEdited}
          readers={readers}
        />
      );
    case "outgoing":
      return (
        <OutgoingRow
          message={row.message}
          me={me}
          isHead={row.isHead}
          onRetry={actions.onRetryMessage}
          onDiscard={actions.onDiscardMessage}
        />
      );
    case "upload":
      return (
        <UploadRow
          upload={row.upload}
          me={me}
          isHead={row.isHead}
          onRetry={actions.onRetryUpload}
          onDiscard={actions.onDiscardUpload}
        />
      );
  }
});

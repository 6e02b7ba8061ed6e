import { LIMITS, type Message, type ReactionList, type Receipts } from "@agent-chat/client/frames";
import { useEffect, useState } from "react";

import { Avatar } from "../../components/Avatar";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Dialog } from "../../components/Dialog";
import { Failure } from "../../components/Failure";
import { useChat } from "../../hooks/useChat";
import type { Asked } from "../../hooks/useRoomActions";
import { useWords } from "../../hooks/useWords";
import type { Conversation } from "../../state/conversation";
import { summaryOf } from "../../state/wording";

interface AskedDialogProps {
  readonly talk: Conversation;
  readonly asked: Asked;
  readonly onTold: (words: string) => void;
  readonly onClose: () => void;
}

/** What is asked before something is done to a message, or what is to be known of it. */
export function AskedDialog({ asked, ...rest }: AskedDialogProps) {
  switch (asked.kind) {
    case "remove":
      return <RemoveDialog asked={asked} {...rest} />;
    case "report":
      return <ReportDialog asked={asked} {...rest} />;
    case "inspect":
      return <InspectDialog asked={asked} {...rest} />;
  }
}

function RemoveDialog({ asked: { message }, onClose }: AskedDialogProps) {
  const chat = useChat();
  const { messages } = useWords();
  return (
    <ConfirmDialog
      {...messages.remove}
      confirm={messages.actions.delete}
      testId="confirm-delete"
      onConfirm={() => {
        chat.change(message, { kind: "delete" });
        onClose();
      }}
      onClose={onClose}
    >
      <Excerpt message={message} />
    </ConfirmDialog>
  );
}

function ReportDialog({ talk, asked: { message }, onTold, onClose }: AskedDialogProps) {
  const words = useWords();
  const { report, actions } = words.messages;
  const [reason, setReason] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const send = async (): Promise<void> => {
    setIsBusy(true);
    try {
      await talk.connection.request("report", { room: talk.room.id, seq: message.seq, reason: reason.trim() });
      onTold(report.sent);
      onClose();
    } catch (error) {
      setFailure(error);
      setIsBusy(false);
    }
  };
  return (
    <Dialog label={report.title} className="form-dialog" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <h2>{report.title}</h2>
        <Excerpt message={message} />
        <label className="field">
          <span className="field__label">{report.reason}</span>
          <textarea
            className="input input--area"
            data-testid="report-reason"
            value={reason}
            rows={3}
            maxLength={LIMITS.report.reason.maxLength}
            onChange={(event) => {
              setReason(event.target.value);
            }}
          />
          <span className="field__hint">{report.hint}</span>
        </label>
        <Failure error={failure} />
        <div className="form__actions">
          <button type="button" className="button" onClick={onClose}>
            {words.shell.cancel}
          </button>
          <button
            type="submit"
            className="button button--primary"
            data-testid="report-send"
            disabled={isBusy || reason.trim() === ""}
          >
            {actions.report}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface Known {
  readonly reactions: ReactionList;
  readonly receipts: Receipts;
}

/** Who reacted with what, and who has read it: the first page of each. */
function InspectDialog({ talk, asked: { message }, onClose }: AskedDialogProps) {
  const words = useWords();
  const { inspect, loading } = words.messages;
  const [known, setKnown] = useState<Known | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    const place = { room: talk.room.id, seq: message.seq };
    Promise.all([talk.connection.request("reactions", place), talk.connection.request("receipts", place)]).then(
      ([reactions, receipts]) => {
        setKnown({ reactions, receipts });
      },
      setFailure,
    );
  }, [talk, message.seq]);
  return (
    <Dialog label={inspect.title} className="form-dialog" onClose={onClose}>
      <div className="form" data-testid="inspected">
        <h2>{inspect.title}</h2>
        <Excerpt message={message} />
        <Failure error={failure} />
        {known === null ? failure === null && <p>{loading}</p> : <KnownLists {...known} />}
        <div className="form__actions">
          <button type="button" className="button" onClick={onClose}>
            {words.shell.close}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function KnownLists({ reactions: { reactions, after }, receipts }: Known) {
  const { inspect } = useWords().messages;
  return (
    <>
      {reactions.length === 0 && <p className="field__hint">{inspect.nobodyReacted}</p>}
      <ul className="people">
        {reactions.map(({ user, emoji }) => (
          <li key={`${user.id} ${emoji}`} className="people__item">
            <Avatar id={user.id} name={user.name} /> {user.name} <span className="people__note">{emoji}</span>
          </li>
        ))}
      </ul>
      <p className="field__label">{inspect.readBy(receipts.count)}</p>
      <ul className="people">
        {receipts.readers.map(({ user }) => (
          <li key={user.id} className="people__item">
            <Avatar id={user.id} name={user.name} /> {user.name}
          </li>
        ))}
      </ul>
      {(after !== null || receipts.after !== null) && <p className="field__hint">{inspect.more}</p>}
    </>
  );
}

function Excerpt({ message }: { readonly message: Message }) {
  const words = useWords();
  return (
    <blockquote className="excerpt">
      <strong>{message.from?.name ?? words.room.message.system}</strong> {summaryOf(words, message)}
    </blockquote>
  );
}

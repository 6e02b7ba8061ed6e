import type { Copy } from "@agent-chat/client/changes";
import { useEffect, useState } from "react";

import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Failure } from "../../components/Failure";
import { MessageCard } from "../../components/MessageCard";
import { PanelFrame } from "../../components/PanelFrame";
import { useChat } from "../../hooks/useChat";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import type { Conversation } from "../../state/conversation";
import type { Reported } from "../../state/reports";
import { decide, type Verdict, verdictsOn } from "../../state/verdicts";
import { explain } from "../../state/wording";

interface ReportsPanelProps {
  readonly talk: Conversation;
  readonly onJump: (seq: number) => void;
  readonly onClose: () => void;
}

/** What is asked before it is done. */
interface Question {
  readonly verdict: "remove" | "ban";
  readonly seq: number;
  readonly message: Copy;
}

/** What members have reported, and what is to become of it. */
export function ReportsPanel({ talk, onJump, onClose }: ReportsPanelProps) {
  const chat = useChat();
  const words = useWords();
  const { reported, hasMore, failure } = useStore(talk.reports.view);
  const [question, setQuestion] = useState<Question | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  useEffect(() => {
    void talk.reports.load();
  }, [talk]);

  const carryOut = (seq: number, message: Copy | null, verdict: Verdict): void => {
    setRefusal(null);
    decide(talk, chat.me, seq, message, verdict).catch(setRefusal);
  };
  return (
    <PanelFrame title={words.reports.title} testId="reports-panel" onClose={onClose}>
      <div className="panel__body">
        {failure !== null && (
          <p className="panel__note" role="alert">
            {explain(words, failure)}
          </p>
        )}
        <Failure error={refusal} say={words.reports.undecided} testId="report-undecided" />
        {reported === null && failure === null && <p className="panel__note">{words.messages.loading}</p>}
        <p className="panel__note" role="status">
          {reported !== null && (reported.length === 0 ? words.reports.none : words.reports.lead)}
        </p>
        <ol className="cards">
          {reported?.map((each) => (
            <ReportedItem
              key={each.seq}
              talk={talk}
              reported={each}
              onJump={onJump}
              onVerdict={(message, verdict) => {
                if (message !== null && (verdict === "remove" || verdict === "ban")) setQuestion({ verdict, seq: each.seq, message });
                else carryOut(each.seq, message, verdict);
              }}
            />
          ))}
        </ol>
        {hasMore && <p className="panel__note">{words.reports.more}</p>}
      </div>
      {question !== null && (
        <Sure
          question={question}
          onSure={() => {
            setQuestion(null);
            carryOut(question.seq, question.message, question.verdict);
          }}
          onClose={() => {
            setQuestion(null);
          }}
        />
      )}
    </PanelFrame>
  );
}

interface ReportedItemProps {
  readonly talk: Conversation;
  readonly reported: Reported;
  readonly onJump: (seq: number) => void;
  readonly onVerdict: (message: Copy | null, verdict: Verdict) => void;
}

/** A message, which a click shows among the others, what was said against it, and what there is to decide. */
function ReportedItem({ talk, reported: { seq, reports }, onJump, onVerdict }: ReportedItemProps) {
  const chat = useChat();
  const words = useWords();
  const message = useMessage(talk, seq);
  return (
    <li className="reported" data-testid="reported" data-seq={seq}>
      {message ? (
        <MessageCard message={message} testId="reported-message" onOpen={onJump} />
      ) : (
        <p className="panel__note">{message === null ? words.reports.lost : words.messages.loading}</p>
      )}
      <ul className="reported__why">
        {reports.map(({ by, reason, reported_at_ms: atMs }) => (
          <li key={by.id}>
            <q>{reason}</q>{" "}
            <span className="person__about">
              {words.reports.by(by.name)},{" "}
              <time dateTime={new Date(atMs).toISOString()} title={words.reports.at(atMs)}>
                {words.formats.briefTime(atMs)}
              </time>
            </span>
          </li>
        ))}
      </ul>
      {message !== undefined && (
        <div className="reported__verdicts">
          {verdictsOn(message, chat.me.id).map((verdict) => (
            <button
              key={verdict}
              type="button"
              className="button button--small"
              data-testid={`verdict-${verdict}`}
              onClick={() => {
                onVerdict(message, verdict);
              }}
            >
              <VerdictName verdict={verdict} author={message?.from?.name ?? ""} />
            </button>
          ))}
        </div>
      )}
    </li>
  );
}

function VerdictName({ verdict, author }: { readonly verdict: Verdict; readonly author: string }) {
  const { reports } = useWords();
  return verdict === "mute" || verdict === "ban" ? reports[verdict](author) : reports[verdict];
}

interface SureProps {
  readonly question: Question;
  readonly onSure: () => void;
  readonly onClose: () => void;
}

function Sure({ question: { verdict, message }, onSure, onClose }: SureProps) {
  const { messages, people } = useWords();
  const { title, text, confirm } =
    verdict === "remove"
      ? { ...messages.remove, confirm: messages.actions.delete }
      : { title: people.confirm.ban.title(message.from?.name ?? ""), text: people.confirm.ban.text, confirm: people.ban };
  return (
    <ConfirmDialog title={title} text={text} confirm={confirm} testId="confirm-verdict" onConfirm={onSure} onClose={onClose} />
  );
}

/** The message, wherever it is; null where it can't be had, undefined while it is not here. */
function useMessage(talk: Conversation, seq: number): Copy | null | undefined {
  const { log } = useStore(talk.room.view);
  const quotes = useStore(talk.quotes.view);
  const message = log.find(seq) ?? quotes.get(seq);
  useEffect(() => {
    if (message === undefined) void talk.quotes.want(seq);
  }, [talk, message, seq]);
  return message;
}

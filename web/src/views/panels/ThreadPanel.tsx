import type { Copy } from "@agent-chat/client/changes";
import type { Message } from "@agent-chat/client/frames";
import { afterPending } from "@agent-chat/client/pendingChanges";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { Composer } from "../../components/Composer";
import { MessageRow } from "../../components/MessageRow";
import { OutgoingRow } from "../../components/OutgoingRow";
import { PanelFrame } from "../../components/PanelFrame";
import { useChat } from "../../hooks/useChat";
import { useMessageActions } from "../../hooks/useMessageActions";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import type { Conversation } from "../../state/conversation";
import { mayWrite } from "../../state/rights";
import { OpenThread, type ThreadView } from "../../state/thread";
import { belongsTo } from "../../state/timeline";
import { explain } from "../../state/wording";

interface ThreadPanelProps {
  readonly talk: Conversation;
  readonly root: number;
  readonly edited: number | null;
  readonly onClose: () => void;
}

/** A thread for itself: what it is about, its answers, and where to write one. Mounted anew for each thread. */
export function ThreadPanel({ talk, root, edited, onClose }: ThreadPanelProps) {
  const words = useWords();
  const chat = useChat();
  const { role } = useMessageActions();
  const [thread] = useState(() => new OpenThread(talk.connection, talk.room.id, root, talk.find(root)));
  const [answered, setAnswered] = useState<Message | null>(null);
  const view = useStore(thread.view);
  useEffect(() => {
    const unwatch = talk.room.watch(thread);
    void thread.load();
    return unwatch;
  }, [talk, thread]);
  return (
    <PanelFrame title={words.messages.thread.title} testId="thread-panel" onClose={onClose}>
      <Answers
        talk={talk}
        view={view}
        edited={edited}
        root={root}
        onOlder={() => void thread.loadOlder()}
        onAgain={() => void thread.load()}
      />
      {mayWrite(role) && (
        <Composer
          placeholder={words.messages.thread.placeholder}
          draft={chat.drafts.get(draftOf(talk, root))}
          people={talk.people}
          answering={answered}
          onCancelAnswer={() => {
            setAnswered(null);
          }}
          onDraft={(text) => {
            chat.drafts.set(draftOf(talk, root), text);
            if (text !== "") talk.typing.wrote();
          }}
          onSend={(text) => {
            const isTaken = chat.outbox.add(talk.room.id, text, { seq: answered?.seq ?? root, thread: root }) !== null;
            if (isTaken) setAnswered(null);
            return isTaken;
          }}
        />
      )}
    </PanelFrame>
  );
}

function draftOf(talk: Conversation, root: number): string {
  return `${talk.room.id}/${root}`;
}

interface AnswersProps {
  readonly talk: Conversation;
  readonly view: ThreadView;
  readonly root: number;
  readonly edited: number | null;
  readonly onOlder: () => void;
  readonly onAgain: () => void;
}

function Answers({ talk, view, root, edited, onOlder, onAgain }: AnswersProps) {
  const chat = useChat();
  const words = useWords();
  const { thread } = words.messages;
  const pending = useStore(chat.pending);
  const allOutgoing = useStore(chat.outgoing);
  const outgoing = allOutgoing.filter((it) => it.room === talk.room.id && it.answers?.thread === root);
  const messages = useMemo(() => view.log.messages.map((it) => afterPending(it, pending)), [view.log, pending]);
  const body = useHeldEnd(messages.length + outgoing.length);
  if (view.failure !== null && view.root === null) {
    return (
      <p className="panel__note" role="alert">
        {thread.lost} {explain(words, view.failure)}{" "}
        <button type="button" className="text-button" onClick={onAgain}>
          {words.shell.tryAgain}
        </button>
      </p>
    );
  }
  const rowOf = (message: Copy, before: Message | null) => (
    <MessageRow
      message={message}
      isHead={!belongsTo(before, message)}
      replies={0}
      quoted={
        message.reply_to === null ? undefined : (view.log.find(message.reply_to) ?? talk.find(message.reply_to) ?? undefined)
      }
      isEdited={message.seq === edited}
      isInThread
    />
  );
  return (
    <div ref={body} className="panel__body thread" data-testid="thread-log">
      {view.root !== null && <div className="thread__root">{rowOf(afterPending(view.root, pending), null)}</div>}
      <p className="thread__count" role="status">
        {view.isLoaded ? (messages.length === 0 ? thread.none : null) : words.messages.loading}
      </p>
      {!view.log.complete && messages.length > 0 && (
        <button type="button" className="text-button panel__more" disabled={view.older === "loading"} onClick={onOlder}>
          {view.older === "failed" ? words.shell.tryAgain : thread.older}
        </button>
      )}
      <ol className="thread__answers">
        {messages.map((message, index) => (
          <li key={message.seq}>{rowOf(message, messages[index - 1] ?? null)}</li>
        ))}
        {outgoing.map((message) => (
          <li key={message.id}>
            <OutgoingRow
              message={message}
              me={chat.me}
              isHead
              onRetry={(it) => {
                chat.outbox.retry(it);
              }}
              onDiscard={(it) => {
                chat.outbox.remove(it);
              }}
            />
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The newest answer stays in view as more come, unless somebody reads further up. */
function useHeldEnd(count: number) {
  const body = useRef<HTMLDivElement>(null);
  const isHeld = useRef(true);
  useEffect(() => {
    const box = body.current;
    const look = (): void => {
      if (box !== null) isHeld.current = box.scrollHeight - box.scrollTop - box.clientHeight < 64;
    };
    box?.addEventListener("scroll", look, { passive: true });
    return () => {
      box?.removeEventListener("scroll", look);
    };
  }, []);
  useLayoutEffect(() => {
    if (isHeld.current) body.current?.scrollTo({ top: body.current.scrollHeight });
  }, [count]);
  return body;
}

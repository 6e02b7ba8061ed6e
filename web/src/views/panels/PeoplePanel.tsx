import { LIMITS, type Member, type Room } from "@agent-chat/client/frames";
import { type SubmitEvent, useEffect, useState } from "react";

import { ConfirmDialog } from "../../components/ConfirmDialog";
import { type Grave, MemberRow } from "../../components/MemberRow";
import { PanelFrame } from "../../components/PanelFrame";
import { useChat } from "../../hooks/useChat";
import { useStore } from "../../hooks/useStore";
import { useWords } from "../../hooks/useWords";
import type { Conversation } from "../../state/conversation";
import { type Deed, Members } from "../../state/members";
import type { PresenceView } from "../../state/presence";
import { mayInvite, powerOver } from "../../state/rights";
import { goTo } from "../../state/route";
import { explain } from "../../state/wording";

interface PeoplePanelProps {
  readonly talk: Conversation;
  /** As the list of rooms has it; null while that is not here. */
  readonly entry: Room | null;
  /** Null where it is not known. */
  readonly presence: PresenceView | null;
  readonly onClose: () => void;
}

/** What is asked before it is done; `member` null: the person leaves themselves. */
interface Question {
  readonly what: Grave | "leave";
  readonly member: Member | null;
}

/** Who is in the room, and what may be done about them. */
export function PeoplePanel({ talk, entry, presence, onClose }: PeoplePanelProps) {
  const chat = useChat();
  const words = useWords();
  const { people } = words;
  const [known] = useState(() => new Members(talk.connection, talk.room.id));
  const { members, hasMore, failure } = useStore(known.view);
  const comings = useStore(talk.comings);
  const [question, setQuestion] = useState<Question | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  useEffect(() => {
    void known.load();
  }, [known, comings]);
  useEffect(() => talk.room.watch({ onEntered: () => void known.load() }), [talk, known]);

  const tryTo = (act: () => Promise<void>): void => {
    setRefusal(null);
    act().catch(setRefusal);
  };
  const onDeed = (deed: Deed): void => {
    tryTo(() => known.carryOut(deed));
  };
  const onMessage = (user: string): void => {
    tryTo(async () => {
      goTo(await chat.direct(user));
    });
  };
  const onSure = ({ what, member }: Question): void => {
    setQuestion(null);
    if (member === null) {
      tryTo(async () => {
        await talk.connection.request("leave", { room: talk.room.id });
        goTo(null);
        await chat.directory.refresh();
      });
      return;
    }
    const user = member.user.id;
    if (what === "transfer") onDeed({ action: "transfer", command: { user } });
    else onDeed({ action: "remove", command: { user, ban: what === "ban" } });
  };

  const role = entry?.role ?? null;
  const trouble = refusal ?? failure;
  return (
    <PanelFrame title={people.title} testId="people-panel" onClose={onClose}>
      {mayInvite(role, entry?.kind ?? "private") && <Invitation onDeed={onDeed} />}
      <div className="panel__body">
        {trouble !== null && (
          <p className="panel__note" role="alert">
            {explain(words, trouble)}
          </p>
        )}
        {members === null && failure === null && <p className="panel__note">{words.messages.loading}</p>}
        {presence?.users === null && <p className="panel__note">{people.presence.tooLarge}</p>}
        <ul className="people">
          {members?.map((member) => (
            <MemberRow
              key={member.user.id}
              member={member}
              isMe={member.user.id === chat.me.id}
              isOnline={presence?.users?.has(member.user.id) ?? null}
              power={powerOver(member, chat.me.id, role)}
              onMessage={() => {
                onMessage(member.user.id);
              }}
              onDeed={onDeed}
              onGrave={(what) => {
                setQuestion({ what, member });
              }}
            />
          ))}
        </ul>
        {hasMore && (
          <button type="button" className="text-button panel__more" onClick={() => void known.more()}>
            {people.more}
          </button>
        )}
        {role !== null && (
          <button
            type="button"
            className="text-button panel__more"
            data-testid="leave-room"
            onClick={() => {
              setQuestion({ what: "leave", member: null });
            }}
          >
            {people.leave}
          </button>
        )}
      </div>
      {question !== null && (
        <Sure
          question={question}
          title={entry?.title ?? talk.room.id}
          onSure={onSure}
          onClose={() => {
            setQuestion(null);
          }}
        />
      )}
    </PanelFrame>
  );
}

function Invitation({ onDeed }: { readonly onDeed: (deed: Deed) => void }) {
  const { invite } = useWords().people;
  const [user, setUser] = useState("");
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    onDeed({ action: "invite", command: { user: user.trim() } });
    setUser("");
  };
  return (
    <form className="panel__form people__invite" onSubmit={onSubmit}>
      <input
        className="input"
        data-testid="invite-user"
        aria-label={invite.label}
        placeholder={invite.placeholder}
        maxLength={LIMITS.invite.user.maxLength}
        value={user}
        onChange={(event) => {
          setUser(event.target.value);
        }}
      />
      <button type="submit" className="button" data-testid="invite-button" disabled={user.trim() === ""}>
        {invite.submit}
      </button>
    </form>
  );
}

interface SureProps {
  readonly question: Question;
  /** Of the room. */
  readonly title: string;
  readonly onSure: (question: Question) => void;
  readonly onClose: () => void;
}

function Sure({ question, title, onSure, onClose }: SureProps) {
  const { people } = useWords();
  const { what, member } = question;
  const asked = people.confirm[what];
  return (
    <ConfirmDialog
      title={asked.title(member?.user.name ?? title)}
      text={asked.text}
      confirm={people[what]}
      testId="confirm-deed"
      onConfirm={() => {
        onSure(question);
      }}
      onClose={onClose}
    />
  );
}

import type { Member } from "@agent-chat/client/frames";
import { useId, useState } from "react";

import { useWords } from "../hooks/useWords";
import { type Deed, MUTE_S } from "../state/members";
import type { Power } from "../state/rights";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { PresenceMark } from "./PresenceMark";

/** What is asked before it is done. */
export type Grave = "remove" | "ban" | "transfer";

interface MemberRowProps {
  readonly member: Member;
  readonly isMe: boolean;
  /** Null where that is not known. */
  readonly isOnline: boolean | null;
  readonly power: Power;
  readonly onMessage: () => void;
  readonly onDeed: (deed: Deed) => void;
  readonly onGrave: (grave: Grave) => void;
}

/** Somebody in the room; what may be done about them opens below. */
export function MemberRow({ member, isMe, isOnline, power, onMessage, onDeed, onGrave }: MemberRowProps) {
  const { people } = useWords();
  const [isOpen, setIsOpen] = useState(false);
  const menu = useId();
  const { user, role, muted_until_ms: mutedUntilMs } = member;
  return (
    <li className="person" data-testid="person" data-user={user.id} data-role={role} data-online={isOnline}>
      <Avatar id={user.id} name={user.name} />
      <span className="person__name">
        {user.name} {isMe && <span className="person__about">({people.you})</span>}
        <span className="person__about">
          {isOnline !== null && <PresenceMark isOnline={isOnline} />}
          {people.role(role)}
          {isOnline !== null && ` · ${isOnline ? people.presence.online : people.presence.offline}`}
          {mutedUntilMs !== null && ` · ${people.mutedUntil(mutedUntilMs)}`}
        </span>
      </span>
      {!isMe && (
        <button
          type="button"
          className="icon-button"
          data-testid="person-actions"
          aria-label={people.actions(user.name)}
          aria-expanded={isOpen}
          aria-controls={menu}
          onClick={() => {
            setIsOpen((was) => !was);
          }}
        >
          <Icon name="more" />
        </button>
      )}
      {isOpen && (
        <div id={menu} className="person__actions">
          <Action name="message" label={people.message} onDo={onMessage} />
          {power.mute && (
            <Action
              name="mute"
              label={mutedUntilMs === null ? people.mute : people.unmute}
              onDo={() => {
                const forS = mutedUntilMs === null ? MUTE_S : 0;
                onDeed({ action: "mute", command: { user: user.id, for_s: forS } });
              }}
            />
          )}
          {power.setRole && <Roles member={member} onDeed={onDeed} />}
          {power.transfer && <Action name="transfer" label={people.transfer} onDo={() => { onGrave("transfer"); }} />}
          {power.remove && <Action name="remove" label={people.remove} onDo={() => { onGrave("remove"); }} />}
          {power.unban && (
            <Action
              name="unban"
              label={people.unban}
              onDo={() => {
                onDeed({ action: "unban", command: { user: user.id } });
              }}
            />
          )}
          {power.remove && <Action name="ban" label={people.ban} onDo={() => { onGrave("ban"); }} />}
        </div>
      )}
    </li>
  );
}

function Roles({ member: { user, role }, onDeed }: Pick<MemberRowProps, "member" | "onDeed">) {
  const { people } = useWords();
  const labels = { moderator: people.makeModerator, member: people.makeMember, reader: people.makeReader };
  const others = (["moderator", "member", "reader"] as const).filter((it) => it !== role);
  return others.map((it) => (
    <Action
      key={it}
      name={it}
      label={labels[it]}
      onDo={() => {
        onDeed({ action: "set_role", command: { user: user.id, role: it } });
      }}
    />
  ));
}

function Action({ name, label, onDo }: { readonly name: string; readonly label: string; readonly onDo: () => void }) {
  return (
    <button type="button" className="text-button" data-testid={`person-${name}`} onClick={onDo}>
      {label}
    </button>
  );
}

import { useState } from "react";

import type { Deal } from "../answers.generated";
import { ActionDialog } from "../parts/ActionDialog";
import { RoomFound } from "../parts/RoomFound";
import { UserFound } from "../parts/UserFound";
import { useOperators } from "../useOperators";
import { LOOKUP } from "../words";

type Kind = "room" | "user";

/** What is looked up; `round` asks anew for the same one. */
interface Sought {
  readonly kind: Kind;
  readonly id: string;
  readonly round: number;
}

export function LookupPanel() {
  const operators = useOperators();
  const [kind, setKind] = useState<Kind>("room");
  const [id, setId] = useState("");
  const [sought, setSought] = useState<Sought | null>(null);
  const [deal, setDeal] = useState<{ readonly room: string; readonly wanted: Omit<Deal, "why"> } | null>(null);
  const lookUp = (wantedKind: Kind, wantedId: string): void => {
    setKind(wantedKind);
    setId(wantedId);
    setSought((before) => ({ kind: wantedKind, id: wantedId, round: (before?.round ?? 0) + 1 }));
  };
  return (
    <>
      <section className="panel" aria-label={LOOKUP.title}>
        <header className="panel__header">
          <h2>{LOOKUP.title}</h2>
        </header>
        <p className="panel__about">{LOOKUP.about}</p>
        <form
          className="filters"
          onSubmit={(event) => {
            event.preventDefault();
            lookUp(kind, id.trim());
          }}
        >
          <label className="field">
            <span className="field__label">{LOOKUP.kind}</span>
            <select
              className="input"
              value={kind}
              onChange={(event) => {
                setKind(event.target.value === "user" ? "user" : "room");
              }}
            >
              <option value="room">{LOOKUP.room}</option>
              <option value="user">{LOOKUP.user}</option>
            </select>
          </label>
          <label className="field">
            <span className="field__label">{LOOKUP.id}</span>
            <input
              className="input"
              value={id}
              maxLength={128}
              autoCapitalize="off"
              spellCheck={false}
              onChange={(event) => {
                setId(event.target.value);
              }}
            />
          </label>
          <button type="submit" className="button button--primary" disabled={id.trim() === ""}>
            {LOOKUP.lookUp}
          </button>
        </form>
      </section>
      {sought?.kind === "room" && (
        <RoomFound
          key={`${sought.id} ${sought.round}`}
          room={sought.id}
          onDeal={(wanted) => {
            setDeal({ room: sought.id, wanted });
          }}
          onUser={(user) => {
            lookUp("user", user);
          }}
        />
      )}
      {sought?.kind === "user" && (
        <UserFound
          key={`${sought.id} ${sought.round}`}
          user={sought.id}
          onRoom={(room) => {
            lookUp("room", room);
          }}
        />
      )}
      {deal !== null && (
        <ActionDialog
          title={LOOKUP.deals[deal.wanted.what]}
          reasonLabel={LOOKUP.why}
          confirm={LOOKUP.deals[deal.wanted.what]}
          isDangerous={deal.wanted.what === "ban" || deal.wanted.what === "delete"}
          act={(why, key) => operators.deal(deal.room, { ...deal.wanted, why }, key)}
          onDone={() => {
            lookUp("room", deal.room);
          }}
          onClose={() => {
            setDeal(null);
          }}
        >
          <p>{LOOKUP.effect(deal.room, deal.wanted)}</p>
        </ActionDialog>
      )}
    </>
  );
}

import { useState } from "react";

import type { Deal, RoomLook } from "../answers.generated";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { LOOKUP } from "../words";
import { Facts } from "./Facts";
import { Panel } from "./Panel";
import { type Column, Table } from "./Table";

type Wanted = Omit<Deal, "why">;
type Report = RoomLook["reports"][number];

interface RoomFoundProps {
  readonly room: string;
  readonly onDeal: (wanted: Wanted) => void;
  readonly onUser: (user: string) => void;
}

/** A room as operators see it, and what they can do there. */
export function RoomFound({ room, onDeal, onUser }: RoomFoundProps) {
  const operators = useOperators();
  const watched = usePolled(() => operators.room(room), null);
  const columns: readonly Column<Report>[] = [
    { title: LOOKUP.message, cell: (report) => report.seq },
    { title: LOOKUP.reporter, cell: (report) => report.user },
    { title: LOOKUP.reason, cell: (report) => report.reason },
    { title: LOOKUP.when, cell: (report) => momentText(report.at_ms) },
    {
      title: LOOKUP.deal,
      cell: (report) => (
        <button
          type="button"
          className="button button--small"
          onClick={() => {
            onDeal({ what: "delete", seq: report.seq });
          }}
        >
          {LOOKUP.deleteMessage(report.seq)}
        </button>
      ),
    },
  ];
  return (
    <Panel title={LOOKUP.roomTitle(room)} about={LOOKUP.roomAbout} watched={watched}>
      {(found) => (
        <>
          <Facts facts={factsOf(found)} />
          <h3>{LOOKUP.moderate}</h3>
          <DealForm onDeal={onDeal} onUser={onUser} />
          <h3>{LOOKUP.reports}</h3>
          <Table
            caption={LOOKUP.reports}
            columns={columns}
            rows={found.reports}
            keyOf={(report) => `${report.seq} ${report.user}`}
            empty={LOOKUP.noReports}
          />
        </>
      )}
    </Panel>
  );
}

function factsOf(found: RoomLook): readonly (readonly [string, string])[] {
  return [
    [LOOKUP.titleFact, found.title === "" ? "–" : found.title],
    [LOOKUP.kindFact, found.kind],
    [LOOKUP.members, LOOKUP.memberCount(found.members, found.more_members)],
    [LOOKUP.owner, found.owner ?? "–"],
    [LOOKUP.moderators, LOOKUP.names(found.moderators)],
    [LOOKUP.muted, LOOKUP.names(found.muted)],
    [LOOKUP.banned, LOOKUP.names(found.banned)],
    [LOOKUP.slowMode, LOOKUP.seconds(found.slow_mode_s)],
    [LOOKUP.blockedWords, String(found.blocked_words)],
    [LOOKUP.newest, LOOKUP.newestMessage(found.last_seq, found.last_said_at_ms === null ? null : momentText(found.last_said_at_ms))],
    [LOOKUP.delivery, LOOKUP.deliveredBy(found.tier, found.step, found.online)],
  ];
}

/** Somebody in the room, or the room as a whole. */
function DealForm({ onDeal, onUser }: Pick<RoomFoundProps, "onDeal" | "onUser">) {
  const [user, setUser] = useState("");
  const [seconds, setSeconds] = useState("30");
  const named = user.trim();
  const deals: readonly Wanted[] = [
    { what: "mute", user: named, for_s: 3_600 },
    { what: "ban", user: named },
    { what: "unban", user: named },
  ];
  return (
    <>
      <div className="filters">
        <label className="field">
          <span className="field__label">{LOOKUP.userId}</span>
          <input
            className="input"
            value={user}
            maxLength={128}
            autoCapitalize="off"
            spellCheck={false}
            onChange={(event) => {
              setUser(event.target.value);
            }}
          />
        </label>
        {deals.map((wanted) => (
          <button
            key={wanted.what}
            type="button"
            className="button"
            disabled={named === ""}
            onClick={() => {
              onDeal(wanted);
            }}
          >
            {LOOKUP.deals[wanted.what]}
          </button>
        ))}
        <button
          type="button"
          className="text-button"
          disabled={named === ""}
          onClick={() => {
            onUser(named);
          }}
        >
          {LOOKUP.lookUp}
        </button>
      </div>
      <div className="filters">
        <label className="field">
          <span className="field__label">{LOOKUP.slowModeFor}</span>
          <input
            className="input"
            type="number"
            min={0}
            max={120}
            value={seconds}
            onChange={(event) => {
              setSeconds(event.target.value);
            }}
          />
        </label>
        <button
          type="button"
          className="button"
          disabled={seconds === ""}
          onClick={() => {
            onDeal({ what: "slow_mode", slow_mode_s: Number(seconds) });
          }}
        >
          {LOOKUP.deals.slow_mode}
        </button>
      </div>
    </>
  );
}

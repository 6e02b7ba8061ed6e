import type { UserLook } from "../answers.generated";
import { momentText } from "../time";
import { useOperators } from "../useOperators";
import { usePolled } from "../usePolled";
import { LOOKUP } from "../words";
import { Facts } from "./Facts";
import { Panel } from "./Panel";
import { type Column, Table } from "./Table";

const SOCKETS: readonly Column<UserLook["sockets"][number]>[] = [
  { title: LOOKUP.socket, cell: (socket) => <code>{socket.connection}</code> },
  { title: LOOKUP.until, cell: (socket) => momentText(socket.expires_at_ms) },
];

interface UserFoundProps {
  readonly user: string;
  readonly onRoom: (room: string) => void;
}

export function UserFound({ user, onRoom }: UserFoundProps) {
  const operators = useOperators();
  const watched = usePolled(() => operators.user(user), null);
  const rooms: readonly Column<UserLook["rooms"][number]>[] = [
    {
      title: LOOKUP.room,
      cell: ({ room }) => (
        <button
          type="button"
          className="text-button"
          onClick={() => {
            onRoom(room);
          }}
        >
          {room}
        </button>
      ),
    },
    { title: LOOKUP.titleFact, cell: ({ title }) => title },
    { title: LOOKUP.role, cell: ({ role }) => role ?? "–" },
  ];
  return (
    <Panel title={LOOKUP.userTitle(user)} about={LOOKUP.userAbout} watched={watched}>
      {(found) => (
        <>
          <Facts
            facts={[
              [LOOKUP.erasure, found.erasure ?? LOOKUP.notAsked],
              [LOOKUP.export, found.export ?? LOOKUP.notAsked],
            ]}
          />
          <h3>{LOOKUP.sockets}</h3>
          <Table
            caption={LOOKUP.sockets}
            columns={SOCKETS}
            rows={found.sockets}
            keyOf={(socket) => socket.connection}
            empty={LOOKUP.noSockets}
          />
          <h3>{LOOKUP.rooms(found.more_rooms)}</h3>
          <Table caption={LOOKUP.rooms(false)} columns={rooms} rows={found.rooms} keyOf={({ room }) => room} empty={LOOKUP.noRooms} />
        </>
      )}
    </Panel>
  );
}

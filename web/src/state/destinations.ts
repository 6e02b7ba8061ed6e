/** Where somebody may want to go: the rooms that they see and the people whom they know, by what they type. */

import type { Author, Room } from "@agent-chat/client/frames";

const MAX_OFFERED = 12;
/** Of somebody whom nobody here has met: their whole id behind an @. */
const NAMED = /^@(\S{1,128})$/u;

export type Destination =
  | { readonly kind: "room"; readonly id: string; readonly room: Room }
  | { readonly kind: "person"; readonly id: string; readonly user: Author };

interface Known {
  /** The most recently active first. */
  readonly rooms: readonly Room[];
  readonly people: readonly Author[];
  readonly me: string;
  /** The room on screen: nobody wants to go there. */
  readonly current: string | null;
}

/**
 * The best first. With nothing typed these are one's own rooms, those with something unread in front; whoever has none yet
 * is shown those that they may enter.
 */
export function destinationsFor(typed: string, { rooms, people, me, current }: Known): Destination[] {
  const query = plain(typed.trim());
  const others = rooms.filter(({ room }) => room !== current);
  if (query === "") {
    const isNew = !rooms.some(({ member }) => member);
    return byRank(others.filter(({ member }) => isNew || member).map((room) => ranked(roomOf(room), room.unread > 0 ? 0 : 1)));
  }
  // A direct room has the other one's id for its title, and leads to them already.
  const direct = new Set(rooms.filter(({ kind }) => kind === "direct").map(({ title }) => title));
  const strangers = people.filter(({ id }) => id !== me && !direct.has(id));
  const found = byRank([
    ...others.map((room) => ranked(roomOf(room), rankOf(query.replace(/^@/u, ""), [room.title]))),
    ...strangers.map((user) => ranked(personOf(user), rankOf(query.replace(/^@/u, ""), [user.name, user.id]))),
  ]);
  const id = NAMED.exec(typed.trim())?.[1];
  const isMet = id === undefined || id === me || direct.has(id) || strangers.some((user) => user.id === id);
  return isMet ? found : [...found, personOf({ id, name: id })];
}

interface Ranked {
  readonly destination: Destination;
  /** 0 is best; null where it does not fit. */
  readonly rank: number | null;
}

function ranked(destination: Destination, rank: number | null): Ranked {
  return { destination, rank };
}

/** Those that are as good stay in their order. */
function byRank(found: readonly Ranked[]): Destination[] {
  const fitting = found.flatMap(({ destination, rank }) => (rank === null ? [] : [{ destination, rank }]));
  return fitting
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_OFFERED)
    .map(({ destination }) => destination);
}

/** Better the nearer to a beginning it stands: of the whole name, of a word in it, anywhere. */
function rankOf(query: string, names: readonly string[]): number | null {
  const ranks = names.map(plain).flatMap((name) => {
    if (name.startsWith(query)) return [0];
    if (name.split(/[\s_-]+/u).some((word) => word.startsWith(query))) return [1];
    return name.includes(query) ? [2] : [];
  });
  return ranks.length === 0 ? null : Math.min(...ranks);
}

/** Without capitals and accents, which nobody types who is in a hurry. */
function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLocaleLowerCase();
}

function roomOf(room: Room): Destination {
  return { kind: "room", id: room.room, room };
}

function personOf(user: Author): Destination {
  return { kind: "person", id: user.id, user };
}

/** The user's own room before (-1) or behind (1) the current one in the list, around its ends; null where there is none. */
export function neighbourOf(
  current: string | null,
  step: -1 | 1,
  rooms: readonly Room[],
  isWanted: (room: Room) => boolean = () => true,
): string | null {
  const own = rooms.filter((room) => room.room === current || (room.member && isWanted(room)));
  const at = own.findIndex(({ room }) => room === current);
  const start = at === -1 && step === -1 ? 0 : at;
  const next = own.at((start + step) % own.length)?.room ?? null;
  return next === current ? null : next;
}

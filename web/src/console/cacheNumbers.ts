/** How often each tier of the caches knew what it was asked for, out of the stage's numbers. Pure. */

import type { Sample } from "./answers.generated";

const COUNT = /^chat_cache_(?<kind>[a-z_]+)_(?<tier>memory|shared)_(?<outcome>hit|miss|stale|waited)$/u;
const EVENT = /^chat_cache_shared_(?<name>failed|skipped|opened|closed)$/u;

/** One kind of value in one tier, in the newest minute that has numbers. */
export interface CacheUse {
  readonly kind: string;
  readonly tier: string;
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  /** Null where nobody asked. */
  readonly hitRatio: number | null;
}

export interface CacheNumbers {
  readonly uses: readonly CacheUse[];
  /** Of the shared tier itself, by name. */
  readonly events: Readonly<Record<string, number>>;
}

export function cacheNumbers(samples: readonly Sample[]): CacheNumbers {
  const counted = new Map<string, { kind: string; tier: string; hits: number; misses: number; stale: number }>();
  const events: Record<string, number> = {};
  for (const { name, value } of samples) {
    const event = EVENT.exec(name)?.groups?.["name"];
    if (event !== undefined) events[event] = (events[event] ?? 0) + value;
    const found = COUNT.exec(name)?.groups;
    if (found === undefined) continue;
    const { kind = "", tier = "", outcome } = found;
    const use = counted.get(`${kind} ${tier}`) ?? { kind, tier, hits: 0, misses: 0, stale: 0 };
    // A hit after waiting for another reader of the same is a hit.
    if (outcome === "hit" || outcome === "waited") use.hits += value;
    else if (outcome === "miss") use.misses += value;
    else use.stale += value;
    counted.set(`${kind} ${tier}`, use);
  }
  const uses = [...counted.values()].sort((a, b) => `${a.kind} ${a.tier}`.localeCompare(`${b.kind} ${b.tier}`));
  return { uses: uses.map((use) => ({ ...use, hitRatio: ratioOf(use) })), events };
}

function ratioOf({ hits, misses, stale }: { hits: number; misses: number; stale: number }): number | null {
  const asked = hits + misses + stale;
  return asked === 0 ? null : hits / asked;
}

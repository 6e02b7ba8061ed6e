import { describe, expect, it } from "vitest";

import { cacheNumbers } from "./cacheNumbers";

function sample(name: string, value: number) {
  return { name, value, labels: { stage: "test" }, at_ms: 1 };
}

describe("numbers of the caches", () => {
  it("are added up by kind and tier, with the share that was known", () => {
    const { uses } = cacheNumbers([
      sample("chat_cache_membership_shared_hit", 6),
      sample("chat_cache_membership_shared_waited", 2),
      sample("chat_cache_membership_shared_miss", 1),
      sample("chat_cache_membership_shared_stale", 1),
      sample("chat_cache_membership_memory_miss", 4),
      sample("chat_commands", 9),
    ]);
    expect(uses).toEqual([
      { kind: "membership", tier: "memory", hits: 0, misses: 4, stale: 0, hitRatio: 0 },
      { kind: "membership", tier: "shared", hits: 8, misses: 1, stale: 1, hitRatio: 0.8 },
    ]);
  });

  it("tell what happened to the shared tier itself", () => {
    expect(cacheNumbers([sample("chat_cache_shared_failed", 3)])).toEqual({ uses: [], events: { failed: 3 } });
  });

  it("have no share where nobody asked", () => {
    expect(cacheNumbers([sample("chat_cache_room_memory_hit", 0)]).uses[0]?.hitRatio).toBeNull();
  });
});

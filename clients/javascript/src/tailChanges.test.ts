import { expect, it } from "vitest";

import { GOLDEN } from "../testing/golden.ts";
import { tailChanges, tailLive, tailSegment } from "./frames.generated.ts";
import { TailChangeLog } from "./tailChanges.ts";

function golden(kind: string): unknown {
  return GOLDEN.find((it) => it.kind === `tails/${kind}`)?.frame;
}

const live = tailLive(golden("live"), "live");
const segment = tailSegment(golden("segment"), "segment");
const changes = tailChanges(golden("changes"), "changes");

it("reads the golden parts of a tail without losing anything", () => {
  expect([live, segment, changes]).toEqual([golden("live"), golden("segment"), golden("changes")]);
});

it("lays changes over a segment from before them", () => {
  const log = new TailChangeLog(0);
  expect(log.learn(live).map(({ seq }) => seq)).toEqual([128, 100]);
  expect(log.learn(changes)).toEqual([]);
  expect(log.rev).toBe(8);
  expect(log.current(segment)?.map(({ text }) => text)).toEqual(["Hello!", "Hi"]);
});

it("can not bring up to date what is older than what it was told some other way", () => {
  const log = new TailChangeLog(0);
  log.catchUp(5);
  expect(log.current(segment)).toBeNull();
  expect(log.current(live)).not.toBeNull();
});

import { CommandRefused, RequestFailed } from "@agent-chat/client/errors";
import { type MemberChanged, readFrame, type RoomChanged } from "@agent-chat/client/frames";
import { GOLDEN } from "@agent-chat/client/testing/golden";
import { describe, expect, it } from "vitest";

import { words as current } from "../words/words";
import { describeNotice, explain } from "./wording";

const notices = GOLDEN.filter((it) => it.kind === "events/member" || it.kind === "events/room_changed").map(
  ({ about, frame }) => ({ about, event: readFrame(frame) as MemberChanged | RoomChanged }),
);

describe("a notice", () => {
  it.each(notices)("tells the doer, whom it is about and others apart: $about", ({ event }) => {
    const readers = [event.by.id, event.type === "member" ? event.user.id : "nobody", "somebody"];
    const told = readers.map((reader) => describeNotice(current.get(), event, reader));
    for (const words of told) expect(words).toMatch(/^\p{Lu}.+\.$/u);
    if (event.type === "member") expect(told[1]).toMatch(/^You /u);
    else expect(told[0]).toMatch(/^You /u);
    expect(told[2]).not.toMatch(/\byou\b/iu);
  });
});

it("shows the server's own words for a code that only it knows", () => {
  const refusal = { code: "too_solemn", message: "Smile first.", temporary: false, retry_after_ms: null };
  expect(explain(current.get(), new CommandRefused(refusal))).toBe("Smile first.");
  expect(explain(current.get(), new CommandRefused({ ...refusal, message: "" }))).toContain("too_solemn");
  expect(explain(current.get(), new RequestFailed(400, "invalid_field", "At most 20."))).toBe("At most 20.");
});

import { RoomLog } from "@agent-chat/client/log";
import { ADA, messagesOf } from "@agent-chat/client/testing/messages";
import { act, render } from "@testing-library/react";
import { type ComponentProps, Profiler } from "react";
import { expect, it, vi } from "vitest";

import { type MessageActions, MessageActionsContext } from "../hooks/useMessageActions";
import { buildTimeline } from "../state/timeline";
import { MessageList } from "./MessageList";

const MESSAGES = 10_000;
/** A window of 6,000 px (`testing/setup.ts`) shows 150 of 40 px; some are kept above and below it. */
const MOST_ROWS = 200;
/** One for the message, others for where the log is scrolled to then. */
const MOST_COMMITS = 3;

function nothing(): void {
  // Nobody does anything here.
}

const REST: Omit<ComponentProps<typeof MessageList>, "rows" | "log"> = {
  title: "General",
  isLoading: false,
  older: "idle",
  newer: null,
  fillFailed: false,
  quotes: new Map(),
  readers: new Map(),
  edited: null,
  target: null,
  onReached: nothing,
  actions: { onRefill: nothing, onRetryMessage: nothing, onDiscardMessage: nothing, onRetryUpload: nothing, onDiscardUpload: nothing },
  onNeedOlder: nothing,
  onNeedNewer: nothing,
  onNewest: nothing,
  onSeen: nothing,
};
const ACTIONS = { me: ADA, role: "member" } as MessageActions;

function listOf(log: RoomLog, onRender: () => void, asked: Partial<ComponentProps<typeof MessageList>> = {}) {
  const rows = buildTimeline({ log, notices: [], outgoing: [], uploads: [], pending: [], myId: ADA.id, readSeq: null });
  return (
    <Profiler id="list" onRender={onRender}>
      <MessageActionsContext value={ACTIONS}>
        <MessageList {...REST} {...asked} rows={rows} log={log} />
      </MessageActionsContext>
    </Profiler>
  );
}

it("has few rows in the page and few commits for a message that comes in, among 10,000", async () => {
  const onRender = vi.fn();
  let log = RoomLog.empty.with(messagesOf(1, MESSAGES));
  const { rerender, container } = render(listOf(log, onRender));
  await act(() => new Promise(requestAnimationFrame));
  const count = (): number => container.querySelectorAll(".log__row").length;
  expect(count()).toBeGreaterThan(0);
  expect(count()).toBeLessThanOrEqual(MOST_ROWS);
  onRender.mockClear();
  log = log.with(messagesOf(MESSAGES + 1, MESSAGES + 1));
  rerender(listOf(log, onRender));
  await act(() => new Promise(requestAnimationFrame));
  expect(onRender.mock.calls.length).toBeGreaterThan(0);
  expect(onRender.mock.calls.length).toBeLessThanOrEqual(MOST_COMMITS);
  expect(count()).toBeLessThanOrEqual(MOST_ROWS);
});

it("goes to the oldest message that is here as soon as it is shown, with those before it", () => {
  const [onNeedOlder, onReached] = [vi.fn(), vi.fn()];
  const asked = { target: { seq: 31 }, onNeedOlder, onReached };
  const { rerender } = render(listOf(RoomLog.empty.with(messagesOf(31, 80)), nothing, asked));
  expect(onNeedOlder).toHaveBeenCalled();
  expect(onReached).not.toHaveBeenCalled();
  rerender(listOf(RoomLog.empty.with(messagesOf(1, 80)), nothing, asked));
  expect(onReached).toHaveBeenCalledOnce();
});

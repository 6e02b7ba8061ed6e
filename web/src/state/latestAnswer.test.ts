import { ConnectionLost } from "@agent-chat/client/errors";
import { Store } from "@agent-chat/client/store";
import { beforeEach, expect, it } from "vitest";

import { LatestAnswer } from "./latestAnswer";

interface View {
  readonly text: string | null;
  readonly failure: unknown;
}

let view: Store<View>;
let latest: LatestAnswer<View>;

function show(text: string): void {
  view.set({ text, failure: null });
}

interface Question {
  readonly asked: Promise<void>;
  readonly resolve: (answer: string) => void;
  readonly reject: (failure: Error) => void;
}

function ask(): Question {
  let [resolve, reject]: [Question["resolve"], Question["reject"]] = [() => undefined, () => undefined];
  const answer = new Promise<string>((...settle) => {
    [resolve, reject] = settle;
  });
  return { asked: latest.ask(() => answer, show), resolve, reject };
}

beforeEach(() => {
  view = new Store<View>({ text: null, failure: null });
  latest = new LatestAnswer(view, ({ text }) => text !== null);
});

it("an answer that comes behind a newer one is not shown", async () => {
  const [first, second] = [ask(), ask()];
  second.resolve("new");
  first.resolve("old");
  await Promise.all([first.asked, second.asked]);
  expect(view.get().text).toBe("new");
});

it("a failure is shown beside what is there, but not one of an earlier question", async () => {
  show("there");
  const [first, second] = [ask(), ask()];
  second.reject(new Error("broken"));
  first.reject(new Error("late"));
  await Promise.all([first.asked, second.asked]);
  expect(view.get()).toEqual({ text: "there", failure: new Error("broken") });
});

it("a lost line is a failure only where nothing is there yet", async () => {
  const lost = new ConnectionLost();
  const before = ask();
  before.reject(lost);
  await before.asked;
  expect(view.get().failure).toBe(lost);
  show("there");
  const after = ask();
  after.reject(new ConnectionLost());
  await after.asked;
  expect(view.get()).toEqual({ text: "there", failure: null });
});

it("an answer on its way does not count once it is overtaken", async () => {
  const { asked, resolve } = ask();
  latest.overtake();
  resolve("old");
  await asked;
  expect(view.get().text).toBeNull();
});

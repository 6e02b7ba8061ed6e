import { describe, expect, it, vi } from "vitest";

import golden from "../../../tests/addresses.json";
import { Addresses, isElsewhere } from "./addresses.ts";
import { CommandRefused, RequestFailed } from "./errors.ts";

const OTHERS = ["https://one.example", "https://two.example"];

function failure(code: string): RequestFailed {
  return new RequestFailed(code === "network" ? 0 : 503, code, "no");
}

describe("the addresses of a stage", () => {
  it.each(golden.cases)("$about", async ({ answers, asked, ends, next, first = 0 }) => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const bases = ["", ...OTHERS].slice(0, answers.length);
    const addresses = new Addresses();
    addresses.learn(bases.slice(1));
    for (let at = 0; at < first; at++) addresses.goOn();
    const calls: number[] = [];
    const ended = await addresses
      .through(() => {
        const at = bases.indexOf(addresses.base);
        calls.push(at);
        const answer = answers[at] ?? "network";
        return answer === "ok" ? Promise.resolve("ok") : Promise.reject(failure(answer));
      })
      .catch((error: unknown) => (error as RequestFailed).code);
    expect([calls, ended, addresses.base]).toEqual([asked, ends, bases[next]]);
  });

  it("stay where they are when the stage tells of them again", () => {
    const addresses = new Addresses();
    addresses.learn(OTHERS);
    addresses.goOn();
    addresses.learn(["https://zero.example", ...OTHERS]);
    expect(addresses.base).toBe(OTHERS[0]);
    addresses.learn([]);
    expect(addresses.base).toBe("");
  });

  it("are not gone on from for what is no answer of the stage's", async () => {
    const addresses = new Addresses();
    addresses.learn(OTHERS);
    await expect(addresses.through(() => Promise.reject(new TypeError("a mistake")))).rejects.toThrow("a mistake");
    expect(addresses.base).toBe("");
  });
});

it("a command is refused by a stage that is at home elsewhere", () => {
  const refusal = { code: "elsewhere", message: "", temporary: true, retry_after_ms: null };
  expect(isElsewhere(new CommandRefused(refusal))).toBe(true);
  expect(isElsewhere(failure("unavailable"))).toBe(false);
  expect(isElsewhere(new Error("elsewhere"))).toBe(false);
});

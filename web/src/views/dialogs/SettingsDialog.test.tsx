import { ADA } from "@agent-chat/client/testing/messages";
import { FakeServer, reply } from "@agent-chat/client/testing/server";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { colours, language } from "../../state/preferences";
import { startWords } from "../../words/words";
import { App } from "../App";

const EXPORT = "/api/account/export";
const ERASURE = "/api/account/erasure";

let server: FakeServer;

beforeEach(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  sessionStorage.setItem("agent-chat.session", JSON.stringify({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e6 }));
  await startWords();
  render(<App />);
  await userEvent.click(await screen.findByTestId("open-settings"));
  await screen.findByTestId("identity");
});

afterEach(() => {
  language.choose(null);
  colours.choose(null);
  vi.unstubAllGlobals();
});

function job(done: number, archives: object[] = []): Promise<Response> {
  return reply(200, { state: archives.length > 0 ? "done" : "running", done: { messages: done, images: 9 }, total: 4, archives });
}

it("says who one is, and how one has signed in", () => {
  expect(screen.getByTestId("identity").textContent).toContain("@adaSigned in with this name");
});

it("has the page in another language and other colours at once, and keeps them", async () => {
  await userEvent.selectOptions(screen.getByLabelText("Colours"), "Dark");
  await userEvent.selectOptions(screen.getByLabelText("Language"), "Deutsch");
  expect(await screen.findByRole("heading", { name: "Einstellungen" })).toBeTruthy();
  expect([localStorage.getItem("agent-chat.colours"), localStorage.getItem("agent-chat.language")]).toEqual(["dark", "de"]);
  await userEvent.selectOptions(screen.getByLabelText("Farben"), "Wie im System");
  expect(localStorage.getItem("agent-chat.colours")).toBeNull();
});

it("says where a browser can't tell anybody of messages", async () => {
  expect((await screen.findByTestId("push-settings")).textContent).toContain("This browser can’t tell you");
  expect(screen.queryByTestId("push-switch")).toBeNull();
});

describe("one's data", () => {
  it("are prepared, and come as a link", async () => {
    server.answers.set(`POST ${EXPORT}`, () => job(1));
    await userEvent.click(screen.getByTestId("ask-export"));
    expect(await screen.findByText("Being prepared: 25%")).toBeTruthy();
    server.answers.set(`GET ${EXPORT}`, () => job(4, [{ url: "https://files.test/ada.zip", size_bytes: 4_800_000 }]));
    const link = await screen.findByRole("link", { name: "Download, 4.8 MB" });
    expect(link.getAttribute("href")).toBe("https://files.test/ada.zip");
  });

  it("can be asked for again where that failed", async () => {
    server.answers.set(`POST ${EXPORT}`, () => reply(503, { code: "unavailable", message: "busy" }));
    await userEvent.click(screen.getByTestId("ask-export"));
    expect((await screen.findByRole("alert")).textContent).toContain("The server is busy");
    expect(screen.getByTestId<HTMLButtonElement>("ask-export").disabled).toBe(false);
  });
});

describe("deleting the account", () => {
  it("takes one's name, and ends with the session", async () => {
    const erased = vi.fn<(init: RequestInit) => Promise<Response>>(() => reply(202, {}));
    server.answers.set(`POST ${ERASURE}`, erased);
    await userEvent.click(screen.getByTestId("erase-account"));
    const sure = screen.getByTestId<HTMLButtonElement>("confirm-erase");
    await userEvent.type(screen.getByTestId("erase-name"), "Ad");
    expect(sure.disabled).toBe(true);
    await userEvent.type(screen.getByTestId("erase-name"), "a");
    await userEvent.click(sure);
    expect((await screen.findByRole("status")).textContent).toContain("Your data is being erased");
    expect(erased.mock.calls.map(([{ body }]) => body)).toEqual(['{"user":"ada"}']);
    expect(sessionStorage.getItem("agent-chat.session")).toBeNull();
  });

  it("leaves one signed in where it was refused", async () => {
    server.answers.set(`POST ${ERASURE}`, () => reply(500, { code: "internal", message: "no" }));
    await userEvent.click(screen.getByTestId("erase-account"));
    await userEvent.type(screen.getByTestId("erase-name"), "Ada");
    await userEvent.click(screen.getByTestId("confirm-erase"));
    expect((await screen.findByRole("alert")).textContent).toContain("Something went wrong on the server");
    expect(sessionStorage.getItem("agent-chat.session")).not.toBeNull();
  });
});

it("signs out of this browser", async () => {
  await userEvent.click(screen.getByTestId("settings-sign-out"));
  await waitFor(() => {
    expect(screen.getByTestId("sign-in-name")).toBeTruthy();
  });
});

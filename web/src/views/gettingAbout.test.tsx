import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { SHORTCUTS } from "../state/shortcuts";
import { App } from "./App";

let server: FakeServer;

beforeEach(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  for (const title of ["General", "Lunch", "Plans"]) server.addRoom(title.toLowerCase(), title, ["ada", "grace"]);
  server.post("general", GRACE, "Welcome");
  server.post("plans", GRACE, "Thursday?"); // the newest is the first in the list
  sessionStorage.setItem("agent-chat.session", JSON.stringify({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e6 }));
  render(<App />);
  await screen.findByRole("link", { name: /General/u });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function press(keys: string): Promise<void> {
  await userEvent.keyboard(keys);
  act(() => {
    fireEvent(window, new HashChangeEvent("hashchange"));
  });
}

async function isIn(title: string): Promise<void> {
  expect(await screen.findByRole("heading", { name: title, level: 1 })).toBeTruthy();
}

describe("Alt and the arrows", () => {
  it("go from room to room, in the field of one too", async () => {
    await press("{Alt>}{ArrowDown}{/Alt}");
    await isIn("Plans");
    screen.getByRole("textbox", { name: /^Message/u }).focus();
    await press("{Alt>}{ArrowDown}{/Alt}");
    await isIn("General");
    await press("{Alt>}{ArrowUp}{/Alt}");
    await isIn("Plans");
  });

  it("go to what is unread with Shift", async () => {
    await press("{Alt>}{Shift>}{ArrowUp}{/Shift}{/Alt}");
    await isIn("General");
    await press("{Alt>}{Shift>}{ArrowDown}{/Shift}{/Alt}");
    await isIn("Plans");
  });
});

describe("finding a room", () => {
  it("takes Ctrl and K, the arrows and Enter", async () => {
    await press("{Control>}k{/Control}");
    const input = await screen.findByTestId("go-to-input");
    expect(screen.getAllByTestId("destination").map((it) => it.dataset["destination"])).toEqual(["plans", "general", "lunch"]);
    input.focus();
    await press("{ArrowDown}{ArrowDown}{ArrowDown}{ArrowUp}");
    expect(input.getAttribute("aria-activedescendant")).toBe(screen.getByRole("option", { selected: true }).id);
    await press("{Enter}");
    await isIn("Lunch");
    expect(screen.queryByTestId("go-to-input")).toBeNull();
  });

  it("says that nothing was found, and why somebody can't be written to", async () => {
    await userEvent.click(screen.getByTestId("open-go-to"));
    const input = await screen.findByTestId("go-to-input");
    await userEvent.type(input, "zzz");
    expect(within(screen.getByRole("dialog")).getByRole("status").textContent).toContain("Nothing found");
    server.intercept = (command, socket) => {
      if (command.action === "direct") socket.refuse(command, "account_erasing");
      return command.action === "direct";
    };
    await userEvent.clear(input);
    await userEvent.type(input, "@margaret{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("being erased");
  });

  it("writes to somebody from a room that was on screen", async () => {
    await press("{Alt>}{ArrowDown}{/Alt}");
    await isIn("Plans");
    server.addRoom("direct-1", "grace", ["ada", "grace"], "direct");
    server.intercept = (command, socket) => {
      if (command.action === "direct") socket.acknowledge(command, { room: server.view("direct-1", ADA), last_seq: 0 });
      return command.action === "direct";
    };
    await press("{Control>}k{/Control}");
    await userEvent.type(await screen.findByTestId("go-to-input"), "gr");
    await userEvent.click(await screen.findByText("Write to @grace"));
    await waitFor(() => {
      expect(window.location.hash).toBe("#/room/direct-1");
    });
  });
});

describe("the list of shortcuts", () => {
  it("opens with a question mark, not while one is written", async () => {
    await press("{Alt>}{ArrowDown}{/Alt}");
    await isIn("Plans");
    await userEvent.type(screen.getByRole("textbox", { name: /^Message/u }), "?");
    expect(screen.queryByTestId("shortcuts")).toBeNull();
    screen.getByTestId("open-settings").focus();
    await press("?");
    const rows = (await screen.findByTestId("shortcuts")).querySelectorAll("dt");
    expect(rows.length).toBe(Object.keys(SHORTCUTS).length);
    expect(screen.getByText("Go to a room or a person").parentElement?.textContent).toContain("CtrlK");
  });

  it("opens from the settings, in their place", async () => {
    await userEvent.click(screen.getByTestId("open-settings"));
    await userEvent.click(await screen.findByTestId("open-shortcuts"));
    expect(await screen.findByTestId("shortcuts")).toBeTruthy();
    expect(screen.queryByTestId("identity")).toBeNull();
    await press("{Control>}k{/Control}");
    expect(screen.queryByTestId("go-to-input")).toBeNull(); // what is open comes first
  });
});

import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { App } from "../App";

const BEA = { id: "bea", name: "Bea" };
const CEM = { id: "cem", name: "Cem" };

let server: FakeServer;

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada", "grace"]);
  server.post("general", GRACE, "Buy my book");
  server.post("general", GRACE, "Really, buy it");
  for (const by of [BEA, CEM]) server.report("general", 1, by, "An advertisement.");
  server.report("general", 2, BEA, "Another one.");
  server.roles.set("ada", "moderator");
  sessionStorage.setItem("agent-chat.session", JSON.stringify({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e6 }));
  window.location.hash = "#/room/general";
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function openReports(): Promise<void> {
  render(<App />);
  await userEvent.click(await screen.findByRole("button", { name: /2 reported messages/u }));
  await userEvent.click(screen.getByRole("menuitem", { name: "Reports (2)" }));
  await screen.findAllByTestId("reported-message");
}

function reported(seq: number): HTMLElement | undefined {
  return screen.queryAllByTestId("reported").find((it) => it.dataset["seq"] === String(seq));
}

function press(seq: number, name: RegExp | string): Promise<void> {
  return userEvent.click(within(reported(seq)!).getByRole("button", { name }));
}

describe("reports", () => {
  it("show who reported which message and why", async () => {
    await openReports();
    expect(reported(1)?.textContent).toContain("Buy my book");
    expect(reported(1)?.textContent).toMatch(/An advertisement\..*Reported by Bea.*Reported by Cem/u);
  });

  it("are dismissed, and the message stays", async () => {
    await openReports();
    await press(1, "Dismiss");
    expect(reported(1)).toBeUndefined();
    await waitFor(() => {
      expect(server.rooms.get("general")?.reports.map(({ seq }) => seq)).toEqual([2]);
    });
    expect(screen.getByTestId("open-reports").textContent).toBe("1");
    expect(screen.getByText("Buy my book", { selector: ".message__text" })).toBeTruthy();
  });

  it("end when the message is deleted, which is asked about", async () => {
    await openReports();
    await press(2, "Delete message");
    await userEvent.click(await screen.findByTestId("confirm-verdict"));
    expect(await screen.findByTestId("tombstone")).toBeTruthy();
    await waitFor(() => {
      expect(server.rooms.get("general")?.reports.every(({ seq }) => seq === 1)).toBe(true);
    });
  });

  it("come back with the reason where the deed is refused", async () => {
    await openReports();
    server.intercept = (command, socket) => {
      if (command.action === "mute") socket.refuse(command, "not_allowed");
      return command.action === "mute";
    };
    await press(1, "Mute Grace for an hour");
    expect((await screen.findByTestId("report-undecided")).textContent).toContain("The report is still open.");
    expect(reported(1)).toBeTruthy();
    expect(server.commands.some(({ action }) => action === "settle")).toBe(false);
  });

  it("are there for moderators only", async () => {
    server.roles.set("ada", "member");
    render(<App />);
    await userEvent.click(await screen.findByTestId("room-menu"));
    expect(screen.queryByRole("menuitem", { name: /Reports/u })).toBeNull();
    expect(server.commands.some(({ action }) => action === "reports")).toBe(false);
  });
});

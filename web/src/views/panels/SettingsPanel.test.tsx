import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { App } from "../App";

let server: FakeServer;

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada", "grace"]);
  server.post("general", GRACE, "Welcome, Ada");
  sessionStorage.setItem("agent-chat.session", JSON.stringify({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e6 }));
  window.location.hash = "#/room/general";
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function openSettings(): Promise<void> {
  render(<App />);
  await screen.findByText("Welcome, Ada", { selector: ".message__text" });
  await userEvent.click(screen.getByTestId("room-menu"));
  await userEvent.click(screen.getByRole("menuitem", { name: "Room settings" }));
  await screen.findByTestId("slow-mode");
}

function stored() {
  return server.rooms.get("general")!;
}

describe("a room's settings", () => {
  it("are changed by who moderates", async () => {
    server.roles.set("ada", "moderator");
    await openSettings();
    await userEvent.selectOptions(screen.getByRole("combobox", { name: /Slow mode/u }), "30 seconds");
    await userEvent.click(screen.getByTestId("block-words"));
    await userEvent.paste("darn, drat");
    await userEvent.click(screen.getByTestId("block-button"));
    await waitFor(() => {
      expect(stored().settings).toMatchObject({ slow_mode_s: 30, blocked_words: ["darn", "drat"] });
    });
    await userEvent.click(await screen.findByRole("button", { name: "Allow “darn” again" }));
    await waitFor(() => {
      expect(screen.getAllByTestId("blocked-word").map((it) => it.dataset["word"])).toEqual(["drat"]);
    });
  });

  it("are only looked at by others", async () => {
    await openSettings();
    expect(screen.getByTestId("slow-mode").textContent).toBe("Off");
    const panel = within(screen.getByTestId("settings-panel"));
    expect(panel.getByText("Only the owner and moderators can change these.")).toBeTruthy();
    expect(panel.queryByRole("combobox", { name: /Slow mode/u })).toBeNull();
    expect(panel.queryByTestId("block-words")).toBeNull();
  });

  it("stay where the right to change them is gone by then, and say so", async () => {
    server.roles.set("ada", "moderator");
    await openSettings();
    server.intercept = (command, socket) => {
      if (command.action === "configure") socket.refuse(command, "not_allowed");
      return command.action === "configure";
    };
    await userEvent.selectOptions(screen.getByTestId("slow-mode"), "10 seconds");
    expect((await screen.findByTestId("settings-refused")).textContent).toContain("The settings stay as they were.");
    expect(screen.getByTestId<HTMLSelectElement>("slow-mode").value).toBe("0");
  });

  it("follow what another moderator sets", async () => {
    await openSettings();
    stored().settings = { ...stored().settings, slow_mode_s: 60 };
    server.tell("general", { type: "room_changed", room: "general", slow_mode_s: 60, by: GRACE });
    await waitFor(() => {
      expect(screen.getByTestId("slow-mode").textContent).toBe("1 minute");
    });
  });

  it("are not there between two people", async () => {
    server.addRoom("direct-1", "grace", ["ada", "grace"], "direct");
    window.location.hash = "#/room/direct-1";
    render(<App />);
    await userEvent.click(await screen.findByTestId("room-menu"));
    expect(screen.getAllByRole("menuitem").map((it) => it.textContent.trim())).toEqual(["Pictures and files"]);
  });

  it("say what one is told of the room oneself, whoever one is", async () => {
    await openSettings();
    const picker = await screen.findByRole<HTMLSelectElement>("combobox", { name: /on my devices/u });
    await waitFor(() => {
      expect(picker.value).toBe("mentions");
    });
    await userEvent.selectOptions(picker, "Every message");
    await waitFor(() => {
      expect(server.levels.get("general")).toBe("all");
    });
    server.answers.set("POST /api/push/levels", () => Promise.resolve(new Response("{}", { status: 503 })));
    await userEvent.selectOptions(picker, "Nothing");
    expect(await screen.findByRole("alert")).toBeTruthy();
    expect(picker.value).toBe("all");
  });
});

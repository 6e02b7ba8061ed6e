import type { Presence } from "@agent-chat/client/frames";
import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { App } from "../App";

let server: FakeServer;

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada", "grace"]);
  server.addRoom("direct-1", "grace", ["ada", "grace"], "direct");
  sessionStorage.setItem("agent-chat.session", JSON.stringify({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e6 }));
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The server answers so to whoever asks who is online. */
function online(answer: Partial<Presence>): void {
  const presence = { room: "general", online: 0, listed: true, users: [], as_of_ms: 0, ...answer };
  server.intercept = (command, socket) => {
    if (command.action === "presence") socket.acknowledge(command, presence);
    return command.action === "presence";
  };
}

function enter(room: string): void {
  window.location.hash = `#/room/${room}`;
  render(<App />);
}

async function openPeople(): Promise<void> {
  await userEvent.click(await screen.findByTestId("open-people"));
  await screen.findAllByTestId("person");
}

function person(id: string): HTMLElement | undefined {
  return screen.getAllByTestId("person").find((it) => it.dataset["user"] === id);
}

describe("who is online", () => {
  it("is counted beside the title, and said of each person", async () => {
    online({ online: 2, users: [ADA, GRACE] });
    enter("general");
    expect((await screen.findByTestId("online-here")).textContent).toContain("2 online");
    await openPeople();
    expect(person("grace")?.textContent).toContain("Member · Online");
    act(() => {
      for (const { socket } of server.lines) socket.receive({ type: "presence", user: GRACE, online: false });
    });
    expect(person("grace")?.textContent).toContain("Member · Offline");
    expect(screen.getByTestId("online-here").textContent).toContain("1 online");
  });

  it("is said of the other one between two people", async () => {
    online({ online: 1, users: [ADA] });
    enter("direct-1");
    expect((await screen.findByTestId("online-here")).textContent).toContain("Offline");
  });

  it("is only counted in a very large room, and that is said", async () => {
    online({ online: 4213, listed: false });
    enter("general");
    expect((await screen.findByTestId("online-here")).textContent).toContain("4,213 have it open");
    await openPeople();
    expect(screen.getByTestId("people-panel").textContent).toContain("who is online is not shown here");
    expect(person("grace")?.textContent).not.toContain("Offline");
  });

  it("is not there where it can’t be had", async () => {
    server.intercept = (command, socket) => {
      if (command.action === "presence") socket.refuse(command, "unavailable");
      return command.action === "presence";
    };
    enter("general");
    await openPeople();
    expect(screen.queryByTestId("online-here")).toBeNull();
    await waitFor(() => {
      expect(person("grace")?.textContent).toContain("Member");
    });
  });
});

describe("somebody who is banned", () => {
  it("is let in again by who moderates", async () => {
    server.roles.set("ada", "moderator");
    server.intercept = (command, socket) => {
      if (command.action !== "members") return false;
      socket.acknowledge(command, { members: [{ user: GRACE, role: "banned", muted_until_ms: null }], after: null });
      return true;
    };
    enter("general");
    await openPeople();
    await userEvent.click(screen.getByRole("button", { name: "What to do about Grace" }));
    await userEvent.click(screen.getByRole("button", { name: "Lift the ban" }));
    await waitFor(() => {
      expect(server.commands.find(({ action }) => action === "unban")).toMatchObject({ room: "general", user: "grace" });
    });
  });
});

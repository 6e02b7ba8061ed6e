import type { Media } from "@agent-chat/client/frames";
import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { App } from "../App";

const PICTURE = { url: "/media/general/1/480.webp", content_type: "image/webp", width: 480, height: 360 };

function mediaOf(name: string, kind: Media["kind"] = "image"): Media {
  const file = { url: `/media/general/1/${name}`, content_type: "application/pdf", size_bytes: 9, width: 0, height: 0 };
  const facts = { hash: null, variants: [], duration_ms: null, waveform: null, pages: 1 };
  return { id: name, name, kind, original: PICTURE, thumbnail: PICTURE, files: kind === "image" ? [] : [file], ...facts };
}

let server: FakeServer;

function show(name: string, kind: Media["kind"] = "image"): void {
  server.post("general", GRACE, "", { kind, media: mediaOf(name, kind) });
}

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada", "grace"]);
  server.post("general", GRACE, "Pictures of the day");
  sessionStorage.setItem("agent-chat.session", JSON.stringify({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e6 }));
  window.location.hash = "#/room/general";
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function openFiles(): Promise<void> {
  render(<App />);
  await screen.findByText("Pictures of the day", { selector: ".message__text" });
  await userEvent.click(screen.getByTestId("room-menu"));
  await userEvent.click(screen.getByRole("menuitem", { name: "Pictures and files" }));
  await screen.findByTestId("files-panel");
}

function names(list: string): string[] {
  return within(screen.getByRole("list", { name: list }))
    .getAllByTestId("file-message")
    .map((it) => /^Show (\S+)/u.exec(it.textContent)?.[1] ?? "");
}

describe("a room's pictures and files", () => {
  it("are shown by what they are, the newest first, and what is sent meanwhile", async () => {
    for (const name of ["cat.jpg", "dog.jpg"]) show(name);
    show("minutes.pdf", "document");
    await openFiles();
    await waitFor(() => {
      expect(names("Pictures and videos")).toEqual(["dog.jpg", "cat.jpg"]);
    });
    expect(names("Sounds and documents")).toEqual(["minutes.pdf"]);
    act(() => {
      server.say("general", GRACE, "", { kind: "video", media: mediaOf("party.mp4", "video") });
    });
    expect(names("Pictures and videos")).toEqual(["party.mp4", "dog.jpg", "cat.jpg"]);
  });

  it("open in full, and lead to their message", async () => {
    show("cat.jpg");
    await openFiles();
    const file = within(await screen.findByTestId("file"));
    await userEvent.click(file.getByRole("button", { name: "Open cat.jpg" }));
    await userEvent.click(within(screen.getByRole("dialog", { name: "cat.jpg", hidden: true })).getByRole("button", { name: "Close", hidden: true }));
    await userEvent.click(file.getByTestId("file-message"));
    await waitFor(() => {
      expect(document.querySelector('[data-flashed="true"]')?.textContent).toContain("Grace");
    });
  });

  it("are gone when their message is deleted", async () => {
    show("cat.jpg");
    await openFiles();
    await screen.findByTestId("file");
    act(() => {
      server.tell("general", { type: "message_changed", message: server.revise("general", 2, { kind: "deleted", media: null }) });
    });
    expect(screen.queryByTestId("file")).toBeNull();
    expect(screen.getByTestId("files-panel").textContent).toContain("No pictures or files");
  });

  it("come page by page", async () => {
    for (let count = 0; count < 60; count++) show(`${count}.jpg`);
    await openFiles();
    expect(await screen.findAllByTestId("file")).toHaveLength(50);
    await userEvent.click(screen.getByRole("button", { name: "Show more" }));
    await waitFor(() => {
      expect(screen.getAllByTestId("file")).toHaveLength(60);
    });
  });

  it("are missed by nobody where there are none", async () => {
    await openFiles();
    expect(await screen.findByText("No pictures or files have been sent here yet.")).toBeTruthy();
  });
});

import { ADA, GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { PAUSE_MS } from "../components/Announcer";
import { App } from "./App";

let server: FakeServer;

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada", "grace"]);
  server.post("general", GRACE, "Welcome, Ada");
  server.post("general", ADA, "helo");
  sessionStorage.setItem("agent-chat.session", JSON.stringify({ token: "Ada", user: ADA, expiresAtMs: Date.now() + 1e6 }));
  window.location.hash = "#/room/general";
});

async function enter(): Promise<void> {
  render(<App />);
  await screen.findByText("helo", { selector: ".message__text" });
}

function row(text: RegExp | string): HTMLElement {
  return screen.getAllByTestId("message").find((it) => (typeof text === "string" ? it.textContent.includes(text) : text.test(it.textContent)))!;
}

function field(): HTMLElement {
  return screen.getByRole("textbox", { name: "Message General" });
}

async function openMenu(text: string): Promise<void> {
  await userEvent.hover(row(text));
  await userEvent.click(within(row(text)).getByRole("button", { name: "More actions" }));
}

function asked(action: string): object | undefined {
  return server.commands.findLast((it) => it.action === action);
}

describe("a message's menu", () => {
  it("is reached and used by keyboard alone", async () => {
    await enter();
    await userEvent.click(field());
    fireEvent.keyDown(screen.getByTestId("log"), { key: "ArrowUp" });
    expect(document.activeElement).toBe(row("helo"));
    await userEvent.keyboard("{ArrowUp}");
    expect(document.activeElement).toBe(row("Welcome"));
    await userEvent.keyboard("{Enter}");
    expect(screen.getAllByRole("menuitem").map((it) => it.textContent.trim())).toEqual([
      "Reply",
      "Open thread",
      "Copy text",
      "Copy link",
      "Reactions and readers",
      "Report",
    ]);
    await userEvent.keyboard("{End}");
    expect(document.activeElement?.textContent).toContain("Report");
    await userEvent.keyboard("{ArrowDown}");
    expect(document.activeElement?.textContent).toContain("Reply");
    await userEvent.keyboard("o");
    expect(document.activeElement?.textContent).toContain("Open thread");
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("menu")).toBeNull();
    expect(document.activeElement).toBe(within(row("Welcome")).getByTestId("more"));
  });

  it("has what moderators may do for them only", async () => {
    server.roles.set("ada", "moderator");
    await enter();
    await openMenu("Welcome");
    await userEvent.click(screen.getByRole("menuitem", { name: "Pin" }));
    expect(await within(row("Welcome")).findByTestId("pinned")).toBeTruthy();
    await waitFor(() => {
      expect(asked("pin")).toMatchObject({ seq: 1, remove: false });
    });
  });

  it("copies a link that leads to the message", async () => {
    userEvent.setup(); // brings a clipboard
    await enter();
    await openMenu("Welcome");
    await userEvent.click(screen.getByRole("menuitem", { name: "Copy link" }));
    expect((await screen.findByTestId("told")).textContent).toContain("Copied.");
    expect(await navigator.clipboard.readText()).toMatch(/#\/room\/general\/1$/u);
  });

  it("deletes a message only after asking", async () => {
    await enter();
    await openMenu("helo");
    await userEvent.click(screen.getByRole("menuitem", { name: "Delete" }));
    await userEvent.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(asked("delete")).toBeUndefined();
    await openMenu("helo");
    await userEvent.click(screen.getByRole("menuitem", { name: "Delete" }));
    await userEvent.click(await screen.findByTestId("confirm-delete"));
    expect(screen.getByTestId("tombstone")).toBeTruthy();
    await waitFor(() => {
      expect(asked("delete")).toMatchObject({ seq: 2 });
    });
  });

  it("tells the moderators what is wrong with a message", async () => {
    await enter();
    await openMenu("Welcome");
    await userEvent.click(screen.getByRole("menuitem", { name: "Report" }));
    await userEvent.type(await screen.findByTestId("report-reason"), "Too friendly");
    await userEvent.click(screen.getByTestId("report-send"));
    expect((await screen.findByTestId("told")).textContent).toContain("Reported");
    expect(asked("report")).toMatchObject({ seq: 1, reason: "Too friendly" });
  });
});

describe("one's own message", () => {
  it("is edited by Up in the empty field and Enter", async () => {
    await enter();
    await userEvent.type(field(), "{ArrowUp}");
    const edit = await screen.findByTestId("edit-input");
    expect(document.activeElement).toBe(edit);
    await userEvent.clear(edit);
    await userEvent.type(edit, "hello{Enter}");
    expect(row("hello").textContent).toContain("(edited)");
    await waitFor(() => {
      expect(asked("edit")).toMatchObject({ seq: 2, text: "hello" });
    });
  });

  it("stays as it was where editing is given up", async () => {
    await enter();
    await userEvent.type(field(), "{ArrowUp}");
    await userEvent.type(await screen.findByTestId("edit-input"), "!{Escape}");
    expect(row("helo").textContent).not.toContain("!");
    expect(asked("edit")).toBeUndefined();
  });
});

describe("a reaction", () => {
  it("counts at once, and is taken back by a second click", async () => {
    await enter();
    await userEvent.hover(row("Welcome"));
    await userEvent.click(within(row("Welcome")).getByRole("button", { name: "React" }));
    await userEvent.click(screen.getByRole("button", { name: "Party" }));
    const chip = within(row("Welcome")).getByTestId("reaction");
    expect([chip.getAttribute("aria-pressed"), chip.getAttribute("aria-label")]).toEqual(["true", "🎉 1, yours"]);
    await userEvent.click(chip);
    expect(within(row("Welcome")).queryByTestId("reaction")).toBeNull();
  });

  it("can be any emoji that is typed", async () => {
    await enter();
    await userEvent.hover(row("Welcome"));
    await userEvent.click(within(row("Welcome")).getByRole("button", { name: "React" }));
    await userEvent.type(screen.getByTestId("emoji-input"), "🦔{Enter}");
    expect(within(row("Welcome")).getByTestId("reaction").dataset["emoji"]).toBe("🦔");
  });

  it("is taken back with the reason where it is refused", async () => {
    await enter();
    server.intercept = (command, socket) => {
      if (command.action === "react") socket.refuse(command, "not_allowed");
      return command.action === "react";
    };
    await userEvent.hover(row("Welcome"));
    await userEvent.click(within(row("Welcome")).getByRole("button", { name: "React" }));
    await userEvent.click(screen.getByRole("button", { name: "Heart" }));
    expect((await screen.findByTestId("told")).textContent).toContain("Your reaction was not counted. You are not allowed");
    expect(within(row("Welcome")).queryByTestId("reaction")).toBeNull();
  });
});

describe("an answer", () => {
  it("quotes what it answers, and is counted there", async () => {
    await enter();
    await userEvent.hover(row("Welcome"));
    await userEvent.click(within(row("Welcome")).getByRole("button", { name: "Reply" }));
    expect(screen.getByTestId("answering").textContent).toContain("Replying to Grace");
    await userEvent.type(field(), "Thank you{Enter}");
    await waitFor(() => {
      expect(within(row("Thank you")).getByTestId("quote").textContent).toContain("Welcome, Ada");
    });
    expect(screen.queryByTestId("answering")).toBeNull();
    expect(screen.getByTestId("open-thread").textContent).toContain("1 reply");
  });

  it("is written and read in its thread, too", async () => {
    server.post("general", GRACE, "I am glad", { reply_to: 1, thread: 1 });
    await enter();
    await userEvent.click(await screen.findByTestId("open-thread"));
    const panel = await screen.findByTestId("thread-panel");
    await within(panel).findByText("I am glad");
    await userEvent.type(within(panel).getByRole("textbox"), "So am I{Enter}");
    await within(panel).findByText("So am I");
    expect(asked("send")).toMatchObject({ reply_to: 1, text: "So am I" });
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByTestId("thread-panel")).toBeNull();
  });
});

describe("somebody", () => {
  it("is named with the help of a list, by keyboard", async () => {
    await enter();
    await userEvent.type(field(), "Hi @g");
    const option = await screen.findByRole("option", { name: /Grace/u });
    expect(field().getAttribute("aria-activedescendant")).toBe(option.id);
    await userEvent.keyboard("{Enter}");
    expect((field() as HTMLTextAreaElement).value).toBe("Hi @grace ");
    expect(screen.queryByRole("listbox")).toBeNull();
    expect(asked("send")).toBeUndefined();
  });

  it("who is named sees it in the message", async () => {
    server.post("general", GRACE, "Look, @ada and @nobody", { mentions: ["ada"] });
    await enter();
    expect(row("Look").dataset["mentionsMe"]).toBe("true");
    expect(within(row("Look")).getAllByTestId("mention").map((it) => it.textContent)).toEqual(["@ada"]);
  });
});

describe("the room", () => {
  it("finds words in its messages and leads to them", async () => {
    await enter();
    await userEvent.click(screen.getByTestId("open-search"));
    await userEvent.type(await screen.findByTestId("search-input"), "welcome{Enter}");
    const found = await screen.findByTestId("search-result");
    expect(found.querySelector("mark")?.textContent).toBe("Welcome");
    await userEvent.click(found);
    await waitFor(() => {
      expect(row("Welcome").closest("li")?.dataset["flashed"]).toBe("true");
    });
  });

  it("shows what is pinned, and what is pinned and unpinned meanwhile", async () => {
    await enter();
    await userEvent.click(screen.getByTestId("open-pins"));
    expect(await screen.findByText("Nothing is pinned here.")).toBeTruthy();
    act(() => {
      const { rev } = server.revise("general", 1, { pinned: true });
      server.tell("general", { type: "pins_changed", room: "general", seq: 1, rev, pinned: true, by: GRACE });
    });
    expect((await screen.findByTestId("pin")).textContent).toContain("Welcome, Ada");
    act(() => {
      const { rev } = server.revise("general", 1, { pinned: false });
      server.tell("general", { type: "pins_changed", room: "general", seq: 1, rev, pinned: false, by: GRACE });
    });
    expect(screen.queryByTestId("pin")).toBeNull();
  });

  it("says who types, and what it goes without while it is busy", async () => {
    await enter();
    act(() => {
      server.tell("general", { type: "typing", room: "general", user: GRACE });
    });
    expect(screen.getByTestId("typing").textContent).toBe("Grace is typing …");
    act(() => {
      server.tell("general", { type: "room_pace", room: "general", step: "no_typing", tail: null, as_of_ms: 1 });
    });
    expect(screen.getByTestId("pace").textContent).toContain("who is typing is not shown");
  });

  it("shows who has read how far", async () => {
    await enter();
    act(() => {
      server.tell("general", { type: "receipts", room: "general", readers: [{ user: GRACE, seq: 2, read_at_ms: 0 }] });
    });
    expect(within(row("helo")).getByTestId("read-by").title).toBe("Read by Grace");
  });

  it("marks what is new where somebody comes back to it", async () => {
    server.rooms.get("general")?.read.set("ada", 1);
    server.post("general", GRACE, "news");
    await enter();
    const mark = await screen.findByTestId("unread-mark");
    expect(mark.compareDocumentPosition(row("news")) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
    expect(mark.compareDocumentPosition(row("helo")) & Node.DOCUMENT_POSITION_PRECEDING).toBeTruthy();
  });

  it("takes no words from who may only read", async () => {
    server.roles.set("ada", "reader");
    await enter();
    expect(await screen.findByText("You may read this room, not write in it.")).toBeTruthy();
    expect(screen.queryByTestId("composer-input")).toBeNull();
  });

  it("says aloud what others say, together where it is much", async () => {
    await enter();
    vi.useFakeTimers();
    try {
      const announcer = screen.getByTestId("announcer");
      expect(announcer.textContent).toBe("");
      act(() => {
        server.say("general", GRACE, "one");
      });
      expect(announcer.textContent).toBe("Grace: one");
      act(() => {
        server.say("general", GRACE, "two");
      });
      act(() => {
        server.say("general", GRACE, "three");
      });
      expect(announcer.textContent).toBe("Grace: one");
      await act(() => vi.advanceTimersByTimeAsync(PAUSE_MS));
      expect(announcer.textContent).toBe("2 new messages");
    } finally {
      vi.useRealTimers();
    }
  });
});

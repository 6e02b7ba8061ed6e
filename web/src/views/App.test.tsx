import type { Variant } from "@agent-chat/client/frames";
import { GRACE } from "@agent-chat/client/testing/messages";
import { FakeServer } from "@agent-chat/client/testing/server";
import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { App } from "./App";
import { parseIds } from "./CreateRoom";

/** What an image has none of. */
const NO_FILES = { kind: "image", files: [], duration_ms: null, waveform: null, pages: null } as const;

let server: FakeServer;

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  server = new FakeServer();
  server.install();
  server.addRoom("general", "General", ["ada"]);
  server.addRoom("lunch", "Lunch");
  server.post("general", GRACE, "Welcome, Ada");
});

async function signIn(name = "Ada"): Promise<{ unmount: () => void }> {
  const page = render(<App />);
  await userEvent.type(screen.getByLabelText("Your name"), name);
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  return page;
}

async function openRoom(title: string): Promise<void> {
  await userEvent.click(await screen.findByRole("link", { name: new RegExp(title, "u") }));
  fireEvent(window, new HashChangeEvent("hashchange"));
  await screen.findByRole("heading", { name: title });
}

async function say(text: string): Promise<void> {
  await userEvent.type(screen.getByRole("textbox", { name: /^Message/u }), `${text}{Enter}`);
}

function messages(): (string | undefined)[][] {
  return screen.queryAllByTestId("message").map((it) => [it.dataset["state"], it.dataset["seq"], it.dataset["author"]]);
}

describe("signing in", () => {
  it("shows the rooms, each with its newest message", async () => {
    await signIn();
    const item = await screen.findByRole("link", { name: /General/u });
    expect(within(item).getByText("Grace: Welcome, Ada")).toBeTruthy();
    expect(screen.getByTestId("connection").dataset["state"]).toBe("online");
  });

  it("says what is wrong with a name", async () => {
    await signIn("Nobody");
    expect((await screen.findByRole("alert")).textContent).toContain("1 to 40 characters");
  });

  it("says that the server can't be reached", async () => {
    server.isDown = true;
    await signIn();
    expect((await screen.findByRole("alert")).textContent).toContain("cannot be reached");
  });

  it("lasts over a reload, until it is ended", async () => {
    const { unmount } = await signIn();
    await screen.findByTestId("me");
    unmount();
    render(<App />);
    await userEvent.click(await screen.findByRole("button", { name: "Sign out" }));
    expect(await screen.findByLabelText("Your name")).toBeTruthy();
    expect(sessionStorage.getItem("agent-chat.session")).toBeNull();
  });

  it("is asked for again when the session has ended", async () => {
    const session = { token: "expired", user: GRACE, expiresAtMs: Date.now() + 1e6 };
    sessionStorage.setItem("agent-chat.session", JSON.stringify(session));
    render(<App />);
    expect((await screen.findByRole("status")).textContent).toContain("Your session has ended");
  });
});

describe("a room", () => {
  it("shows what was said, takes what one writes, and what others say", async () => {
    await signIn();
    await openRoom("General");
    await screen.findByText("Welcome, Ada", { selector: ".message__text" });
    await say("Thank you");
    await waitFor(() => {
      expect(messages()).toEqual([
        ["sent", "1", "grace"],
        ["sent", "2", "ada"],
      ]);
    });
    act(() => {
      server.say("general", GRACE, "And now?");
    });
    expect(messages()[2]).toEqual(["sent", "3", "grace"]);
    expect(screen.getByTestId("announcer").textContent).toBe("Grace: And now?");
  });

  it("shows a message as pending until it has its number", async () => {
    await signIn();
    await openRoom("General");
    await screen.findByText("Welcome, Ada", { selector: ".message__text" });
    server.intercept = (command) => command.action === "send";
    await say("Wait for it");
    await waitFor(() => {
      expect(messages().at(-1)).toEqual(["pending", undefined, "ada"]);
    });
  });

  it("keeps a message that was refused, with a way to send it again", async () => {
    await signIn();
    await openRoom("General");
    await screen.findByText("Welcome, Ada", { selector: ".message__text" });
    server.intercept = (command, socket) => {
      if (command.action === "send") socket.refuse(command, "not_a_member");
      return command.action === "send";
    };
    await say("Let me in");
    expect((await screen.findByRole("alert")).textContent).toContain("not a member");
    expect(messages().at(-1)?.[0]).toBe("failed");
    server.intercept = null;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => {
      expect(messages().at(-1)).toEqual(["sent", "2", "ada"]);
    });
  });

  it("shows that a message was edited, and what is left of a deleted one", async () => {
    server.post("general", GRACE, "helo");
    await signIn();
    await openRoom("General");
    await screen.findByText("helo", { selector: ".message__text" });
    expect(screen.queryByTestId("edited")).toBeNull();
    act(() => {
      server.edit("general", 2, "hello");
    });
    const [, edited] = screen.getAllByTestId("message");
    expect(edited?.textContent).toMatch(/hello\(edited\)$/u);
    act(() => {
      server.tell("general", { type: "message_changed", message: server.revise("general", 2, { kind: "deleted", text: "" }) });
    });
    expect(screen.getByTestId("tombstone").textContent).toBe("This message was deleted.");
    expect(screen.queryByTestId("edited")).toBeNull();
    expect(screen.getByTestId("announcer").textContent).toBe(""); // nothing was said while the page was there
  });

  it("shows an image in the variants that there are, and in full when it is clicked", async () => {
    const variants = [480, 1400].flatMap((width) =>
      ["avif", "webp", "jpeg"].map((type) => {
        const height = Math.round((width * 9) / 14);
        return { url: `/media/general/m/${width}.${type}`, content_type: `image/${type}`, width, height, size_bytes: width };
      }),
    );
    const [, thumbnail, , , , original] = variants as [Variant, Variant, Variant, Variant, Variant, Variant];
    const media = { id: "m", name: "sunset.jpg", original, thumbnail, hash: "1QcSHQRnh493V4dIh4eXh1h4kJUI", variants, ...NO_FILES };
    server.post("general", GRACE, "", { kind: "image", media });
    await signIn();
    await openRoom("General");
    const image = await screen.findByTestId("thumbnail");
    await waitFor(() => {
      expect(image.getAttribute("src")).not.toBeNull();
    });
    expect(image.getAttribute("src")).toBe("/media/general/m/480.webp");
    expect(image.style.backgroundImage).toMatch(/^url\("data:image\/png;base64,/u);
    fireEvent.load(image);
    expect(image.style.backgroundImage).toBe("");
    expect([image.getAttribute("width"), image.getAttribute("height")]).toEqual(["1400", "900"]);
    const sources = [...(image.parentElement?.querySelectorAll("source") ?? [])];
    expect(sources.map((it) => [it.type, it.srcset])).toEqual([
      ["image/avif", "/media/general/m/480.avif 480w, /media/general/m/1400.avif 1400w"],
      ["image/webp", "/media/general/m/480.webp 480w, /media/general/m/1400.webp 1400w"],
    ]);
    expect(image.getAttribute("srcset")).toBe("/media/general/m/480.jpeg 480w, /media/general/m/1400.jpeg 1400w");
    await userEvent.click(image);
    expect(screen.getByTestId("original").getAttribute("sizes")).toMatch(/^min\(1400px, 100vw - 24px, \(100dvh - 80px\) \* 1\.5/u);
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.queryByTestId("original")).toBeNull();
  });

  it("shows an image of before there were variants as its thumbnail", async () => {
    const picture = { url: "/media/general/m/original", content_type: "image/jpeg", width: 1400, height: 900 };
    const thumbnail = { ...picture, url: "/media/general/m/thumbnail", width: 480, height: 309 };
    const media = { id: "m", name: "sunset.jpg", original: picture, thumbnail, hash: null, variants: [], ...NO_FILES };
    server.post("general", GRACE, "", { kind: "image", media });
    await signIn();
    await openRoom("General");
    const image = await screen.findByTestId("thumbnail");
    await waitFor(() => {
      expect(image.getAttribute("src")).not.toBeNull();
    });
    expect([image.getAttribute("src"), image.getAttribute("srcset")]).toEqual(["/media/general/m/thumbnail", null]);
    await userEvent.click(image);
    expect(screen.getByTestId("original").getAttribute("src")).toBe("/media/general/m/original");
  });

  it("never renders what people write as HTML, and only web addresses as links", async () => {
    server.post("general", GRACE, "<b>bold</b> https://example.com/a. javascript:alert(1)");
    await signIn();
    await openRoom("General");
    const text = await screen.findByText(/<b>bold/u, { selector: ".message__text" });
    expect(text.querySelector("b")).toBeNull();
    expect([...text.querySelectorAll("a")].map((it) => it.href)).toEqual(["https://example.com/a"]);
  });

  it("refuses files of kinds that are not taken, in words", async () => {
    await signIn();
    await openRoom("General");
    await screen.findByText("Welcome, Ada", { selector: ".message__text" });
    fireEvent.change(screen.getByTestId("upload-input"), {
      target: { files: [new File(["x"], "page.html", { type: "text/html" })] },
    });
    expect((await screen.findByRole("alert")).textContent).toContain("Only images, videos, sounds, PDF");
  });

  it("is empty at first, and says so", async () => {
    await signIn();
    await openRoom("Lunch");
    expect(await screen.findByText("Nothing here yet")).toBeTruthy();
    await say("Soup?");
    await waitFor(() => {
      expect(messages()).toEqual([["sent", "1", "ada"]]);
    });
  });
});

describe("a new room", () => {
  it("is made with its kind and invited people, and opened", async () => {
    await signIn();
    await userEvent.click(await screen.findByRole("button", { name: "New room" }));
    await userEvent.type(screen.getByLabelText("Name"), "Launch");
    await userEvent.click(screen.getByLabelText(/Invited people/u));
    await userEvent.type(screen.getByLabelText(/Invite by user id/u), "grace, @alan");
    await userEvent.click(screen.getByRole("button", { name: "Create room" }));
    expect(await screen.findByRole("heading", { name: "Launch" })).toBeTruthy();
    const command = server.commands.find((it) => it.action === "create");
    expect(command).toMatchObject({ title: "Launch", kind: "private", members: ["grace", "alan"] });
  });

  it("needs a name", async () => {
    await signIn();
    await userEvent.click(await screen.findByRole("button", { name: "New room" }));
    await userEvent.click(screen.getByRole("button", { name: "Create room" }));
    expect(screen.getByRole("alert").textContent).toBe("Give the room a name.");
  });

  it("takes user ids as people type lists", () => {
    expect(parseIds(" ada, @grace;ada\nalan ")).toEqual(["ada", "grace", "alan"]);
    expect(parseIds("")).toEqual([]);
  });
});

it("says quietly that no socket gets through, and nothing when one does", async () => {
  server.isBlocked = true;
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  await signIn();
  const state = await screen.findByText("Online, slower");
  expect([state.dataset["state"], state.dataset["way"]]).toEqual(["online", "http"]);
  expect(screen.queryByTestId("connection-banner")).toBeNull();
  server.isBlocked = false;
  await waitFor(
    () => {
      expect(state.textContent).toBe("Online");
    },
    { timeout: 3000 },
  );
  random.mockRestore();
});

describe("a lost connection", () => {
  it("is shown after five seconds, not before", async () => {
    await signIn();
    await screen.findByRole("link", { name: /General/u });
    vi.useFakeTimers();
    try {
      server.isDown = true;
      act(() => {
        server.cutAll();
      });
      await act(() => vi.advanceTimersByTimeAsync(4900));
      expect(screen.queryByTestId("connection-banner")).toBeNull();
      await act(() => vi.advanceTimersByTimeAsync(200));
      expect(screen.getByTestId("connection-banner")).toBeTruthy();
      server.isDown = false;
      await act(() => vi.advanceTimersByTimeAsync(30_000));
      expect(screen.queryByTestId("connection-banner")).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });
});

import type { Media, MediaFile } from "@agent-chat/client/frames";
import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ChatContext } from "../../hooks/useChat";
import type { Chat } from "../../state/chat";
import { MediaAccess } from "../../state/mediaAccess";
import { MediaContent } from "./MediaContent";

// Access to what a room shows has tests of its own.
vi.mock("../../hooks/useMediaAccess", () => ({
  useMediaAccess: () => ({ isGranted: true, attempt: 0, onError: () => undefined }),
}));

const PICTURE = { url: "/media/lunch/m/480.jpg", content_type: "image/jpeg", width: 480, height: 270 };
const NONE = { hash: null, variants: [], files: [], duration_ms: null, waveform: null, pages: null } as const;

function file(name: string, content_type: string): MediaFile {
  return { url: `/media/lunch/m/${name}`, content_type, size_bytes: 1000, width: 0, height: 0 };
}

function show(media: Partial<Media> & Pick<Media, "kind" | "name">): void {
  const shown = { id: "m", original: PICTURE, thumbnail: PICTURE, ...NONE, ...media };
  const mediaAccess = new MediaAccess(() => Promise.resolve());
  mediaAccess.granted.set(new Set(["lunch"]));
  render(
    <ChatContext value={{ mediaAccess } as unknown as Chat}>
      <MediaContent media={shown} onOpenImage={vi.fn()} />
    </ChatContext>,
  );
}

let played: ReturnType<typeof vi.fn>;
let paused: ReturnType<typeof vi.fn>;

beforeEach(() => {
  // jsdom plays nothing.
  played = vi.fn(() => Promise.resolve());
  paused = vi.fn();
  vi.spyOn(HTMLMediaElement.prototype, "play").mockImplementation(played as () => Promise<void>);
  vi.spyOn(HTMLMediaElement.prototype, "pause").mockImplementation(paused as () => void);
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a video", () => {
  it("shows its poster, loads nothing else, and offers HLS before the MP4", () => {
    const files = [file("video.mp4", "video/mp4"), file("hls.m3u8", "application/vnd.apple.mpegurl")];
    show({ kind: "video", name: "lunch.mov", files, duration_ms: 61_000 });
    const video = screen.getByLabelText<HTMLVideoElement>("Video lunch.mov");
    expect([video.getAttribute("poster"), video.preload, video.controls]).toEqual([PICTURE.url, "none", true]);
    const sources = [...video.querySelectorAll("source")];
    expect(sources.map((it) => it.getAttribute("src"))).toEqual(["/media/lunch/m/hls.m3u8", "/media/lunch/m/video.mp4"]);
  });
});

describe("a sound", () => {
  function showSound(): HTMLAudioElement {
    const files = [file("sound.m4a", "audio/mp4")];
    show({ kind: "audio", name: "song.mp3", files, duration_ms: 180_000, waveform: btoa("\u0000\u00ff\u0080\u0040") });
    const audio = screen.getByTestId("sound").querySelector("audio");
    if (audio === null) throw new Error("no audio element");
    return audio;
  }

  it("tells its length before anything is loaded, and plays at a press", async () => {
    const audio = showSound();
    expect(audio.preload).toBe("none");
    expect(screen.getByText("3:00")).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "Play" }));
    expect(played).toHaveBeenCalledOnce();
    fireEvent.play(audio);
    await userEvent.click(screen.getByRole("button", { name: "Pause" }));
    expect(paused).toHaveBeenCalledOnce();
  });

  it("is moved in by its slider, which says where it is", () => {
    const audio = showSound();
    const slider = screen.getByRole("slider", { name: "Position" });
    fireEvent.change(slider, { target: { value: "90" } });
    expect(audio.currentTime).toBe(90);
    expect(slider.getAttribute("aria-valuetext")).toBe("1:30 / 3:00");
    const bars = [...screen.getByTestId("sound").querySelectorAll("rect")];
    expect(bars.map((it) => it.dataset["played"])).toEqual(["true", "true", "false", "false"]);
  });
});

describe("a document", () => {
  it("is saved under its name, and shows its first page", () => {
    show({ kind: "document", name: "menu.pdf", files: [file("document.pdf", "application/pdf")], pages: 3 });
    const link = screen.getByRole("link", { name: "Save menu.pdf PDF, 3 pages" });
    expect([link.getAttribute("href"), link.getAttribute("download")]).toEqual(["/media/lunch/m/document.pdf", "menu.pdf"]);
    expect(screen.getByText("PDF, 3 pages")).toBeDefined();
    expect(link.querySelector("img")?.getAttribute("src")).toBe(PICTURE.url);
  });

  it("is a text where it has no pages", () => {
    show({ kind: "document", name: "notes.md", files: [file("document.txt", "text/plain; charset=utf-8")] });
    expect(screen.getByRole("link", { name: "Save notes.md Text" }).getAttribute("download")).toBe("notes.md");
    expect(screen.getByText("Text")).toBeDefined();
  });
});

describe("what only a newer server knows", () => {
  it("is shown as the picture that stands for it", () => {
    show({ kind: "unknown", name: "hologram.holo" });
    expect(screen.getByRole("link", { name: "Open hologram.holo" }).getAttribute("href")).toBe(PICTURE.url);
  });
});

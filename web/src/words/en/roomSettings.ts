import type { Formats } from "../formats";

/** What is set for a room. */
export const roomSettings = ({ duration, plural }: Formats) => ({
  title: "Room settings",
  lead: "These hold for everybody here.",
  readOnly: "Only the owner and moderators can change these.",
  /** `kind` is what the room was made as. */
  join: { title: "Who can join", fixed: "This is settled when a room is made." },
  slowMode: {
    title: "Slow mode",
    hint: "How long a member waits between two messages. The owner and moderators need not.",
    wait: (seconds: number) => (seconds === 0 ? "Off" : duration(seconds)),
  },
  words: {
    title: "Blocked words",
    hint: "A message with one of these is not sent. Capital letters make no difference; parts of longer words are not caught.",
    none: "No words are blocked here.",
    count: (count: number) => plural(count, { one: "# word is blocked", other: "# words are blocked" }),
    label: "Words to block",
    placeholder: "Words to block",
    add: "Block",
    remove: (word: string) => `Allow “${word}” again`,
  },
  alerts: {
    title: "Tell me on my devices",
    hint: "Only for you, and while this page is closed. Of a room with more than 100 people: mentions, or nothing.",
    levels: { all: "Every message", mentions: "When I am mentioned", none: "Nothing" },
  },
  notChanged: (why: string) => `The settings stay as they were. ${why}`,
});

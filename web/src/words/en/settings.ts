import type { Session } from "@agent-chat/client/stage";

import type { Formats } from "../formats";

const SOURCES: Readonly<Record<NonNullable<Session["source"]>["kind"], string>> = {
  name: "Signed in with this name",
  wallet: "Signed in with a wallet",
  open_id: "Signed in by your provider",
};

/** What people set for themselves, and what they may do about their account. */
export const settings = ({ percent, size, plural }: Formats) => ({
  title: "Settings",
  language: "Language",
  browserLanguage: "As the browser",
  /** Each in its own words, so that everybody finds theirs. */
  languages: { en: "English", de: "Deutsch" },
  colours: "Colours",
  systemColours: "As the system",
  colourNames: { light: "Light", dark: "Dark" },
  signedInBy: (source: keyof typeof SOURCES) => SOURCES[source],
  push: {
    title: "Notifications",
    hint: "Of direct messages and small rooms, and when you are named, while this page is closed.",
    label: "Tell me on this device",
    unsupported: "This browser can’t tell you of messages while the page is closed.",
    blocked: "Your browser keeps this page from notifying you. Allow it in the browser’s settings for this page, then come back here.",
    failed: "Your browser’s push service can’t be reached. Try again later, or with another browser.",
  },
  data: {
    title: "Your data",
    hint: "All that you have written and sent, as files to keep.",
    ask: "Prepare a download",
    askAgain: "Prepare a new one",
    preparing: (share: number) => `Being prepared: ${percent(share)}`,
    ready: (parts: number) => plural(parts, { one: "Ready to be downloaded:", other: "Ready, in # parts:" }),
    archive: (number: number, bytes: number) => `Download part ${number}, ${size(bytes)}`,
    onlyArchive: (bytes: number) => `Download, ${size(bytes)}`,
  },
  erase: {
    open: "Delete my account …",
    title: "Delete your account?",
    text: "All that you have written and sent disappears for everybody, and you leave every room. What others wrote stays, also about you. This can’t be undone.",
    advice: "If you want to keep anything, download your data first.",
    label: (name: string) => `Type your name, ${name}, to go on`,
    submit: "Delete for ever",
    submitting: "Deleting …",
  },
  leave: "Sign out of this browser",
});

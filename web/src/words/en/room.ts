import type { Formats } from "../formats";

/** The room on screen: its messages, and where to write. */
export const room = ({ plural, percent, number }: Formats) => ({
  back: "Back to the rooms",
  private: "Private",
  /** What opens beside the messages, by its panel. */
  menu: {
    label: "More about this room",
    labelWithReports: (count: number) => `More about this room. ${plural(count, { one: "# reported message", other: "# reported messages" })}`,
    reports: (count: number) => (count === 0 ? "Reports" : `Reports (${number(count)})`),
    files: "Pictures and files",
    settings: "Room settings",
  },
  refused: "This room can’t be opened",
  empty: "Nothing here yet",
  emptyHint: "Write the first message, or drop a file.",
  dropHint: (title: string) => `Drop to send to ${title}`,
  digest: "So much is said here that only the newest messages are shown. Scroll back for the others.",
  log: {
    label: (title: string) => `Messages in ${title}`,
    loading: "Loading messages",
    begins: "This is where the room begins.",
    loadingOlder: "Loading older messages …",
    olderFailed: "Older messages could not be loaded.",
    loadingMissed: "Loading missed messages …",
    missedFailed: (count: number) =>
      plural(count, {
        one: "# missed message could not be loaded. Try again",
        other: "# missed messages could not be loaded. Try again",
      }),
    fresh: (count: number) => plural(count, { other: "# new" }),
    toNewest: "To the newest",
    /** Said aloud when somebody else has written. */
    said: (author: string, text: string) => `${author}: ${text}`,
    sentImage: "sent a file",
  },
  message: {
    you: "You",
    system: "System",
    edited: "(edited)",
    deleted: "This message was deleted.",
    unknownKind: "A newer version is needed to show this.",
    openImage: (name: string) => `Open ${name}`,
    video: (name: string) => `Video ${name}`,
    sound: (name: string) => `Sound ${name}`,
    play: "Play",
    pause: "Pause",
    position: "Position",
    save: "Save",
    pages: (count: number) => plural(count, { one: "PDF, # page", other: "PDF, # pages" }),
    plainText: "Text",
    openInTab: "Open in a new tab",
    notSent: (reason: string) => `Not sent. ${reason}`,
    discard: "Discard",
    waiting: "Waiting to be sent",
    uploading: (share: number) => `Uploading ${percent(share)}`,
    uploadingFile: (name: string) => `Uploading ${name}`,
    preparing: "Preparing",
  },
  composer: {
    placeholder: (title: string) => `Message ${title}`,
    image: "Send a file",
    chooseImages: "Choose files to send",
    send: "Send",
  },
});

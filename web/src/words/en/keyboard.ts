/** Getting about: where to, and by which keys. */
export const keyboard = {
  goTo: {
    title: "Go to",
    label: "Find a room or a person",
    hint: "@ and a whole user id writes to anybody.",
    none: "Nothing found. @ and a whole user id writes to anybody.",
    results: "Where to",
    person: (id: string) => `Write to @${id}`,
    open: "open to all",
  },
  list: {
    title: "Keyboard shortcuts",
    groups: { anywhere: "Everywhere", log: "In the messages", field: "While writing" },
    names: {
      goTo: "Go to a room or a person",
      previousRoom: "Previous room",
      nextRoom: "Next room",
      previousUnread: "Previous room with something unread",
      nextUnread: "Next room with something unread",
      list: "This list",
      close: "Close what is open",
      olderMessage: "Older message",
      newerMessage: "Newer message",
      messageMenu: "What can be done with the message",
      send: "Send",
      newLine: "New line",
      editLast: "Edit your last message, while the field is empty",
    },
    keys: { control: "Ctrl", alt: "Alt", shift: "Shift", Enter: "Enter", Escape: "Esc", ArrowUp: "Up", ArrowDown: "Down" },
  },
};

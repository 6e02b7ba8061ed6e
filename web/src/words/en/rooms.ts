import type { Formats } from "../formats";

/** The list of rooms, and making one. */
export const rooms = ({ plural, number }: Formats) => ({
  title: "Rooms",
  loading: "Loading rooms",
  none: "No rooms yet. Make the first one with the plus above.",
  mine: "Your rooms",
  open: "Open to join",
  private: "private",
  noMessages: "No messages yet",
  image: "Image",
  /** In the place of the text of a message that is gone. */
  deleted: "deleted a message",
  preview: (author: string, text: string) => `${author}: ${text}`,
  unread: (count: number) => plural(count, { one: "# unread message", other: "# unread messages" }),
  moreThan: (count: number) => `${number(count)}+`,
  create: {
    title: "New room",
    name: "Name",
    namePlaceholder: "Lunch",
    kind: "Who can join",
    public: "Everyone",
    publicHint: "Anybody here can find and join it.",
    private: "Invited people",
    privateHint: "Only those you name below.",
    members: "Invite by user id",
    membersPlaceholder: "grace, alan",
    membersHint: "People find their id beneath their name.",
    submit: "Create room",
    submitting: "Creating …",
    needsName: "Give the room a name.",
    tooMany: (most: number) => `At most ${number(most)} people can be invited at once.`,
  },
});

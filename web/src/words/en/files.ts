/** What a room was sent. */
export const files = {
  title: "Pictures and files",
  none: "No pictures or files have been sent here yet.",
  seen: "Pictures and videos",
  others: "Sounds and documents",
  more: "Show more",
  show: (name: string, author: string, time: string) => `Show ${name} in the room: ${author}, ${time}`,
};

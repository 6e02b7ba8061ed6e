/** What stands around the rooms: the bars, the line to the server, and what every view needs. */
export const shell = {
  brand: "AGENT Chat",
  tryAgain: "Try again",
  cancel: "Cancel",
  close: "Close",
  signOut: "Sign out",
  pickRoom: "Pick a room",
  pickRoomHint: "Choose one on the left, or make a new one.",
  connection: {
    connecting: "Connecting",
    online: "Online",
    waiting: "Offline",
    stopped: "Signed out",
    refused: "Signed out",
    slower: "Online, slower",
    slowerHint: "This network lets no live connection through, so messages may take a moment longer.",
    lost: "No connection.",
    lostHint: "What you write is kept and sent when it is back.",
    tryNow: "Try now",
    trying: "Connecting …",
  },
};

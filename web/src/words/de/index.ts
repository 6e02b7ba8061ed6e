/** German. */

import type { Words } from "../en";
import type { Formats } from "../formats";
import { errors } from "./errors";
import { files } from "./files";
import { keyboard } from "./keyboard";
import { messages } from "./messages";
import { notices } from "./notices";
import { people } from "./people";
import { reports } from "./reports";
import { room } from "./room";
import { rooms } from "./rooms";
import { roomSettings } from "./roomSettings";
import { settings } from "./settings";
import { shell } from "./shell";
import { signIn } from "./signIn";

export const de = (formats: Formats): Words => ({
  formats,
  errors,
  files,
  keyboard,
  messages: messages(formats),
  notices: notices(formats),
  people: people(formats),
  reports: reports(formats),
  room: room(formats),
  rooms: rooms(formats),
  roomSettings: roomSettings(formats),
  settings: settings(formats),
  shell,
  signIn,
});

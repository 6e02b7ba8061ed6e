/** German. */

import type { Words } from "../en";
import type { Formats } from "../formats";
import { errors } from "./errors";
import { keyboard } from "./keyboard";
import { messages } from "./messages";
import { notices } from "./notices";
import { people } from "./people";
import { room } from "./room";
import { rooms } from "./rooms";
import { settings } from "./settings";
import { shell } from "./shell";
import { signIn } from "./signIn";

export const de = (formats: Formats): Words => ({
  formats,
  errors,
  keyboard,
  messages: messages(formats),
  notices: notices(formats),
  people: people(formats),
  room: room(formats),
  rooms: rooms(formats),
  settings: settings(formats),
  shell,
  signIn,
});

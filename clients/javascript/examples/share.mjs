// Puts a file into a room, and prints the number of its message once it was looked at: node share.mjs http://127.0.0.1:5173 Ada general cat.jpg image/jpeg
import { openAsBlob } from "node:fs";
import { basename } from "node:path";

import { Chat } from "@agent-chat/client";

const [url, name, room, path, type] = process.argv.slice(2);
const file = new File([await openAsBlob(path)], basename(path), { type });
const onEvent = (event) => {
  if (event.type !== "media_rejected") return;
  console.error(event.reason);
  process.exit(1);
};
const chat = await Chat.connect(url, { name }, { onEvent });
const { last_seq: before } = await chat.join(room);
const media = await chat.upload(room, file);
for await (const message of chat.subscribe(room, { after: before })) {
  if (message.media?.id !== media) continue;
  console.log(message.seq);
  break;
}
await chat.close();

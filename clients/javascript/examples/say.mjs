// Says each line of its input in a room, and prints the number that it was given: echo Hello | node say.mjs http://127.0.0.1:5173 Ada general
import { createInterface } from "node:readline";

import { Chat } from "@agent-chat/client";

const [url, name, room] = process.argv.slice(2);
const chat = await Chat.connect(url, { name });
await chat.join(room);
for await (const line of createInterface({ input: process.stdin })) {
  console.log((await chat.send(room, line)).seq);
}
await chat.close();

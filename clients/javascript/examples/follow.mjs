// Prints what is said in a room, a line of JSON each: node follow.mjs http://127.0.0.1:5173 Ada general [after]
import { Chat } from "@agent-chat/client";

const [url, name, room, after] = process.argv.slice(2);
const chat = await Chat.connect(url, { name });
process.once("SIGTERM", () => chat.close());
for await (const { seq, from, text } of chat.subscribe(room, { after: Number(after ?? 0) })) {
  console.log(JSON.stringify({ seq, from: from?.name ?? null, text }));
}

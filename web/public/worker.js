// Shows messages while no page is open (docs/how-to/push.md), and leads to them. Keeps nothing of the page.

self.addEventListener("install", () => self.skipWaiting());
// Only windows that are the worker's own can be led anywhere.
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const { room, title, author, text, seq, unread, urgent } = event.data.json();
  // A picture has no text, nor has anything where the stage lets none out: then it is how much is unread.
  const body = [author, text || `(${unread})`].filter((part) => part !== "").join(": ");
  const options = { body, tag: room, renotify: urgent, icon: "/icon.svg", data: { address: `/#/room/${room}/${seq}` } };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data.address));
});

/** Shows a place in a window of the chat that is there, else in a new one. */
async function lead(address) {
  const windows = await self.clients.matchAll({ type: "window" });
  const chat = windows.find(({ url }) => new URL(url).pathname === "/");
  if (chat === undefined) await self.clients.openWindow(address);
  else await (await chat.focus()).navigate(address);
}

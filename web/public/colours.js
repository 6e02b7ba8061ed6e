// Before the first paint: the page's colours as they were chosen in this browser. `src/state/colours.ts` follows them from then on.
try {
  document.documentElement.dataset.colours = localStorage.getItem("agent-chat.colours") ?? "";
} catch {
  // A browser that keeps nothing has the system's colours.
}

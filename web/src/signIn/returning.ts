/** Whether the browser has just come back from an issuer: as its address says it. */
export function isReturning(search: string = window.location.search): boolean {
  const asked = new URLSearchParams(search);
  return asked.has("state") && (asked.has("code") || asked.has("error"));
}

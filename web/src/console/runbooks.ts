/** Runbooks, and what else an alarm's description says for programs: `[page] Words. Runbook: docs/runbooks/NAME.md`. */

const RUNBOOK = /\s*Runbook: docs\/runbooks\/([a-z-]+)\.md\s*$/u;
const URGENCY = /^\[(page|ticket)\]\s*/u;

/** Each is loaded when somebody opens it. */
const FILES = import.meta.glob<string>("../../../docs/runbooks/*.md", { query: "?raw", import: "default" });

/** Null where an alarm names none. */
export function runbookOf(means: string): string | null {
  return RUNBOOK.exec(means)?.[1] ?? null;
}

/** A `page` wakes somebody, a `ticket` waits for the morning; null where an alarm does not say. */
export function urgencyOf(means: string): "page" | "ticket" | null {
  return (URGENCY.exec(means)?.[1] as "page" | "ticket" | undefined) ?? null;
}

/** What is there for people. */
export function withoutReferences(means: string): string {
  return means.replace(URGENCY, "").replace(RUNBOOK, "");
}

/** The text of a runbook, in Markdown; null where this build has none of that name. */
export async function readRunbook(name: string): Promise<string | null> {
  return (await FILES[`../../../docs/runbooks/${name}.md`]?.()) ?? null;
}

export type Tone = "good" | "bad" | "wary" | "plain";

/** A word for a state. The colour only repeats what the word says. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className="badge" data-tone={tone}>
      {children}
    </span>
  );
}

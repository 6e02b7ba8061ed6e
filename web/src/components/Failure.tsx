import { useWords } from "../hooks/useWords";
import { explain } from "../state/wording";

interface FailureProps {
  readonly error: unknown;
  /** What did not happen, in a sentence with the reason in it; the reason alone where nothing is given. */
  readonly say?: (reason: string) => string;
  readonly testId?: string;
}

/** Why something failed, said aloud, too. Nothing while `error` is null. */
export function Failure({ error, say = (reason) => reason, testId }: FailureProps) {
  const words = useWords();
  if (error === null) return null;
  return (
    <p className="form__failure" role="alert" data-testid={testId}>
      {say(explain(words, error))}
    </p>
  );
}

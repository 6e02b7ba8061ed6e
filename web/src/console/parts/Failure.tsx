import { CONSOLE, explainFailure } from "../words";

/** Why something did not come; nothing where nothing went wrong. */
export function Failure({ error, onRetry }: { readonly error: unknown; readonly onRetry: (() => void) | null }) {
  if (error === null) return null;
  return (
    <div className="failure" role="alert">
      <span>{explainFailure(error)}</span>
      {onRetry !== null && (
        <button type="button" className="text-button" onClick={onRetry}>
          {CONSOLE.tryAgain}
        </button>
      )}
    </div>
  );
}

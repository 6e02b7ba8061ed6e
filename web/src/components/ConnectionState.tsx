import type { ConnectionStatus } from "@agent-chat/client/connection";

import { useElapsed } from "../hooks/useElapsed";
import { useWords } from "../hooks/useWords";

/** Short cuts heal by themselves; telling people of each would only unsettle them. */
const PATIENCE_MS = 5_000;

/** Quiet about the slower way too: everything works on it, and it ends by itself. */
export function ConnectionDot({ status: { phase, way } }: { readonly status: ConnectionStatus }) {
  const { connection } = useWords().shell;
  const isSlower = phase === "online" && way === "http";
  return (
    <span
      className="connection"
      data-testid="connection"
      data-state={phase}
      data-way={way}
      role="status"
      title={isSlower ? connection.slowerHint : undefined}
    >
      {isSlower ? connection.slower : connection[phase]}
    </span>
  );
}

interface BannerProps {
  readonly status: ConnectionStatus;
  readonly onRetry: () => void;
}

export function ConnectionBanner({ status, onRetry }: BannerProps) {
  const { connection } = useWords().shell;
  const isLong = useElapsed(status.offlineSinceMs, PATIENCE_MS);
  return (
    <div role="status">
      {isLong && (
        <div className="banner" data-testid="connection-banner">
          <span>
            <strong>{connection.lost}</strong> {connection.lostHint}
          </span>
          <button type="button" className="text-button" onClick={onRetry} disabled={status.phase === "connecting"}>
            {status.phase === "connecting" ? connection.trying : connection.tryNow}
          </button>
        </div>
      )}
    </div>
  );
}

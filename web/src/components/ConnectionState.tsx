import { useElapsed } from "../hooks/useElapsed";
import type { ConnectionStatus, Phase } from "../protocol/connection";

/** Short cuts heal by themselves; telling people of each would only unsettle them. */
const PATIENCE_MS = 5_000;

const NAMES: Readonly<Record<Phase, string>> = {
  connecting: "Connecting",
  online: "Online",
  waiting: "Offline",
  stopped: "Signed out",
  refused: "Signed out",
};

/** Quiet about the slower way too: everything works on it, and it ends by itself. */
export function ConnectionDot({ status: { phase, way } }: { readonly status: ConnectionStatus }) {
  const isSlower = phase === "online" && way === "http";
  return (
    <span
      className="connection"
      data-testid="connection"
      data-state={phase}
      data-way={way}
      role="status"
      title={isSlower ? "This network lets no live connection through, so messages may take a moment longer." : undefined}
    >
      {isSlower ? "Online, slower" : NAMES[phase]}
    </span>
  );
}

interface BannerProps {
  readonly status: ConnectionStatus;
  readonly onRetry: () => void;
}

export function ConnectionBanner({ status, onRetry }: BannerProps) {
  const isLong = useElapsed(status.offlineSinceMs, PATIENCE_MS);
  return (
    <div role="status">
      {isLong && (
        <div className="banner" data-testid="connection-banner">
          <span>
            <strong>No connection.</strong> What you write is kept and sent when it is back.
          </span>
          <button type="button" className="text-button" onClick={onRetry} disabled={status.phase === "connecting"}>
            {status.phase === "connecting" ? "Connecting …" : "Try now"}
          </button>
        </div>
      )}
    </div>
  );
}

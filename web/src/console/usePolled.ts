import { useEffect, useState } from "react";

import { useStore } from "../hooks/useStore";
import { useVisibility } from "../hooks/useVisibility";
import { type Polled, Poller } from "./polling";

export interface Watched<T> extends Polled<T> {
  readonly refresh: () => void;
}

/** What `ask` answers, as long as this is rendered and on screen; `ask` is the first one that was given. */
export function usePolled<T>(ask: () => Promise<T>, everyMs: number | null): Watched<T> {
  const [poller] = useState(() => new Poller(ask, everyMs));
  const isVisible = useVisibility();
  useEffect(() => {
    if (!isVisible) return undefined;
    poller.start();
    return () => {
      poller.stop();
    };
  }, [poller, isVisible]);
  return { ...useStore(poller.state), refresh: poller.refresh };
}

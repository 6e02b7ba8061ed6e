import { useEffect, useState } from "react";

/** Whether `limitMs` have passed since `sinceMs`; false while there is no such moment. */
export function useElapsed(sinceMs: number | null, limitMs: number): boolean {
  const [elapsedFor, setElapsedFor] = useState<number | null>(null);
  useEffect(() => {
    if (sinceMs === null) return undefined;
    const timer = setTimeout(() => {
      setElapsedFor(sinceMs);
    }, Math.max(0, sinceMs + limitMs - Date.now()));
    return () => {
      clearTimeout(timer);
    };
  }, [sinceMs, limitMs]);
  return sinceMs !== null && elapsedFor === sinceMs;
}

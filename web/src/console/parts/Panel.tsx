import type { ReactNode } from "react";

import { preciseTime, timeOfDay } from "../time";
import type { Watched } from "../usePolled";
import { CONSOLE } from "../words";
import { Failure } from "./Failure";

interface PanelProps<T> {
  readonly title: string;
  /** What is seen here, in a sentence. */
  readonly about: string;
  readonly watched: Watched<T>;
  /** What chooses what is seen here. */
  readonly tools?: ReactNode;
  readonly children: (value: T) => ReactNode;
}

/** What is polled, under a heading. What fails is said here alone; what came before stays, with its time. */
export function Panel<T>({ title, about, watched, tools, children }: PanelProps<T>) {
  const { value, error, atMs, isAsking, refresh } = watched;
  return (
    <section className="panel" aria-label={title}>
      <header className="panel__header">
        <h2>{title}</h2>
        {atMs !== null && (
          <span className="panel__time" title={preciseTime(atMs)}>
            {CONSOLE.asOf(timeOfDay(atMs))}
          </span>
        )}
        <button type="button" className="button button--small" disabled={isAsking} onClick={refresh}>
          {isAsking ? CONSOLE.refreshing : CONSOLE.refresh}
        </button>
      </header>
      <p className="panel__about">{about}</p>
      {tools}
      <Failure error={error} onRetry={refresh} />
      {value !== null && children(value)}
      {value === null && error === null && <p role="status">{CONSOLE.loading}</p>}
    </section>
  );
}

import type { ReactNode } from "react";

/** One component, and what it looks like. */
export interface Specimen {
  /** By what somebody calls a state of it: the component in that state. */
  readonly states: Readonly<Record<string, ReactNode>>;
  /** It lies over the page, so that its states can only be seen one after another. */
  readonly covers?: true;
}

/** By the component's file, below `src` and without its ending. */
export type Specimens = Readonly<Record<string, Specimen>>;

/** What is looked at together. */
export interface Sheet {
  /** The page's address behind `#`. */
  readonly address: string;
  readonly component: string;
  readonly states: Specimen["states"];
}

/** A component's states on one sheet, or each on its own. */
export function sheetsOf(specimens: Specimens): readonly Sheet[] {
  return Object.entries(specimens).flatMap(([component, { states, covers = false }]) => {
    if (!covers) return [{ address: component, component, states }];
    return Object.entries(states).map(([state, shown]) => ({ address: `${component}:${state}`, component, states: { [state]: shown } }));
  });
}

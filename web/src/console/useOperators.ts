import { createContext, useContext } from "react";

import type { Operators } from "./operators";

export const OperatorsContext = createContext<Operators | null>(null);

/** The endpoints with the signed-in operator's token; only inside the console. */
export function useOperators(): Operators {
  const operators = useContext(OperatorsContext);
  if (operators === null) throw new Error("useOperators is for panels inside the console");
  return operators;
}

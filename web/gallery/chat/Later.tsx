import { type ReactNode, useEffect, useState } from "react";

interface LaterProps<T> {
  readonly first: T;
  readonly then: T;
  readonly children: (value: T) => ReactNode;
}

/** Gives what is inside another value once it is there: what tells of changes only tells nothing before. */
export function Later<T>({ first, then, children }: LaterProps<T>) {
  const [value, setValue] = useState(first);
  useEffect(() => {
    const timer = setTimeout(() => {
      setValue(then);
    });
    return () => {
      clearTimeout(timer);
    };
  }, [then]);
  return children(value);
}

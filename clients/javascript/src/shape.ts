/**
 * Guards that turn `unknown` from the network into typed values, or say what is wrong with it.
 *
 * Knows JSON and nothing of chat.
 */

/** What arrived does not have the shape that the protocol gives it. `path` says where. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  readonly path: string;

  constructor(path: string, expected: string) {
    super(`${path}: expected ${expected}`);
    this.path = path;
  }

  /** One that was said elsewhere, in its own words. */
  static saying(path: string, message: string): ShapeError {
    return new ShapeError(path, message.replace(`${path}: expected `, ""));
  }
}

export type Fields = Readonly<Record<string, unknown>>;

/** Reads a value found at `path`; throws `ShapeError`. */
export type Reader<T> = (value: unknown, path: string) => T;

export const fields: Reader<Fields> = (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ShapeError(path, "an object");
  return value as Fields;
};

export const text: Reader<string> = (value, path) => {
  if (typeof value !== "string") throw new ShapeError(path, "a string");
  return value;
};

export const count: Reader<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new ShapeError(path, "a number");
  return value;
};

export const flag: Reader<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new ShapeError(path, "true or false");
  return value;
};

/** Absent and null are the same on this wire. */
export function optional<T>(read: Reader<T>): Reader<T | null> {
  return (value, path) => (value === undefined || value === null ? null : read(value, path));
}

export function list<T>(read: Reader<T>): Reader<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new ShapeError(path, "a list");
    return value.map((item, index) => read(item, `${path}[${index}]`));
  };
}

/** Parses JSON; malformed text is a `ShapeError` like any other wrong shape. */
export function json(source: string, path: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw new ShapeError(path, "JSON");
  }
}

/** An object with these fields; others that it may have are left behind. */
export function record<T extends object>(readers: { readonly [K in keyof T]-?: Reader<T[K]> }): Reader<T> {
  const names = Object.keys(readers) as (keyof T & string)[];
  return (value, path) => {
    const it = fields(value, path);
    const read: Partial<T> = {};
    for (const name of names) read[name] = readers[name](it[name], `${path}.${name}`);
    return read as T;
  };
}

/** An object used as a map from names to values of one type. */
export function map<T>(read: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, path) => {
    const entries = Object.entries(fields(value, path));
    return Object.fromEntries(entries.map(([name, item]) => [name, read(item, `${path}.${name}`)]));
  };
}

/** What is absent has the value that the protocol gives it. */
export function or<T>(read: Reader<T>, fallback: T): Reader<T> {
  return (value, path) => (value === undefined ? fallback : read(value, path));
}

/** One of these strings; one that only a newer server knows is "unknown". */
export function known<T extends string>(...values: readonly T[]): Reader<T | "unknown"> {
  return (value, path) => {
    const found = text(value, path);
    return values.find((it) => it === found) ?? "unknown";
  };
}

/** Exactly this string. */
export function tag<T extends string>(expected: T): Reader<T> {
  return (value, path) => {
    if (value !== expected) throw new ShapeError(path, `"${expected}"`);
    return expected;
  };
}

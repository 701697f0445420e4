// Two ways to say "this cannot happen": a broken invariant is our bug, never the user's input.

/** Throws when `condition` is false. For invariants of our own code only; user input gets a StudioError. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${message}`);
}

/** Ends an exhaustive switch: the compiler refuses the call when a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
}

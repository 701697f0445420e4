// Two signals as one, for code that runs in Electron's main process, too: Node 18 of older Electrons has no AbortSignal.any.

export interface EitherSignal {
  readonly signal: AbortSignal;
  /** Lets go of both; a signal that lives long would keep every request that listened to it. */
  readonly release: () => void;
}

/** Aborted with the first of both, for its reason. */
export function eitherSignal(one: AbortSignal, other: AbortSignal): EitherSignal {
  const joined = new AbortController();
  const ends = [one, other].map((signal) => {
    const abort = () => joined.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  });
  return {
    signal: joined.signal,
    release: () => {
      for (const end of ends) end();
    },
  };
}

// Ctrl+C: the first asks the running work to stop and clean up, the second ends it at once.
import { StudioError } from '#src/errors/studio-error.ts';

/** How long the work may take to clean up before its host is killed, in milliseconds. */
const cleanUpTime = 10_000;

export interface CancelOptions {
  /** Tells the user that the first signal was understood. */
  readonly onCancel: () => void;
  /** Ends hosts that do not answer. */
  readonly kill: () => void;
}

/** Aborts the returned signal at SIGINT, SIGTERM and SIGHUP. `dispose` takes the listeners away. */
export function cancelOnSignals(): {
  readonly signal: AbortSignal;
  connect(options: CancelOptions): void;
  dispose(): void;
} {
  const controller = new AbortController();
  let options: CancelOptions | undefined;
  let timer: NodeJS.Timeout | undefined;
  const onSignal = () => {
    if (controller.signal.aborted) {
      options?.kill();
      return;
    }
    options?.onCancel();
    timer = setTimeout(() => options?.kill(), cleanUpTime);
    timer.unref();
    controller.abort(
      new StudioError('cancelled', 'Cancelled.', {
        hint: 'Nothing half-written has a final name.',
      }),
    );
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    connect(given) {
      options = given;
    },
    dispose() {
      clearTimeout(timer);
      for (const name of names) process.off(name, onSignal);
    },
  };
}

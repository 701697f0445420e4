// One setting as a control needs it: its value, how to change it, and why the last change was refused.
import { useEffect, useRef, useState } from 'react';
import type { Settings } from '#src/contract/settings.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { describeError } from '#renderer/ui/describe-error.ts';

export interface SettingControl<V> {
  readonly value: V;
  /** Undefined takes it back to its default. Typing is sent when it rests for a moment. */
  readonly change: (value: V | undefined) => void;
  readonly error: string | undefined;
}

const rest = 250;

/** Only once the studio's state is there, which is before the first screen. */
export function useSetting<K extends keyof Settings>(
  name: K,
  typed = false,
): SettingControl<Settings[K] | undefined> {
  const kept = useStudio((store) => store.state?.settings[name]);
  const [pending, setPending] = useState<{ value: Settings[K] | undefined } | undefined>();
  const [error, setError] = useState<string | undefined>();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const unsent = useRef<(() => void) | undefined>(undefined);

  // Leaving the screen while a change rests sends it.
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      unsent.current?.();
    },
    [],
  );

  const change = (value: Settings[K] | undefined) => {
    setPending({ value });
    setError(undefined);
    clearTimeout(timer.current);
    unsent.current = () => {
      unsent.current = undefined;
      studio()
        .call('changeSettings', { changes: { [name]: value ?? null } })
        .then(
          () => setPending(undefined),
          (failure: unknown) => {
            const described = describeError(failure);
            setError([described?.message, described?.hint].filter(Boolean).join(' ') || undefined);
            // What was typed stays, to be sent again; a choice shows what is in force.
            if (!typed) setPending(undefined);
          },
        );
    };
    if (typed) timer.current = setTimeout(() => unsent.current?.(), rest);
    else unsent.current();
  };
  return { value: pending === undefined ? kept : pending.value, change, error };
}

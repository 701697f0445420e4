// The settings while the studio runs: changed one after another, written at once, told to every window by its owner.
import type { z } from 'zod';
import { settingsSchema, type Settings } from '#src/contract/settings.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readSettings, writeSettings } from '#src/io/settings-file.ts';

export interface SettingsKeeper {
  readonly current: Settings;
  /** What was wrong with the file when it was read. */
  readonly problem: string | undefined;
  /** Changes fields; null takes one back to its default. Throws `usage/invalid` for a wrong value; then nothing changes. */
  change(changes: Readonly<Record<string, unknown>>): Promise<Settings>;
}

export async function openSettings(
  home: string,
  onChanged: (settings: Settings) => Promise<void> | void,
): Promise<SettingsKeeper> {
  const stored = await readSettings(home);
  let current = stored.settings;
  let lastChange: Promise<unknown> = Promise.resolve();
  const apply = async (changes: Readonly<Record<string, unknown>>) => {
    const next = changed(current, changes);
    await writeSettings(home, next, stored.unknown);
    current = next;
    await onChanged(next);
    return next;
  };
  return {
    get current() {
      return current;
    },
    problem: stored.problem,
    change(changes) {
      const result = lastChange.then(() => apply(changes));
      lastChange = result.catch(() => undefined);
      return result;
    },
  };
}

function changed(settings: Settings, changes: Readonly<Record<string, unknown>>): Settings {
  const next: Record<string, unknown> = { ...settings };
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(settingsSchema.shape, name) || name === 'version') {
      throw new StudioError('settings/invalid', `There is no setting "${name}".`, {
        hint: `Settings are: ${Object.keys(settingsSchema.shape).join(', ')}.`,
      });
    }
    if (value === null) delete next[name];
    else next[name] = value;
  }
  const parsed = settingsSchema.safeParse(next);
  if (parsed.success) return parsed.data;
  throw invalidSetting(parsed.error, next);
}

function invalidSetting(error: z.ZodError, next: Readonly<Record<string, unknown>>): StudioError {
  const [issue] = error.issues;
  const name = String(issue?.path[0] ?? 'settings');
  const value = JSON.stringify(next[name])?.slice(0, 200) ?? 'nothing';
  return new StudioError(
    'settings/invalid',
    `The setting "${name}" cannot be ${value}: ${issue?.message ?? 'invalid'}.`,
    { hint: 'Nothing was changed. Give another value, or take it back to its default.' },
  );
}

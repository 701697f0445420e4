// The settings while the studio runs: changed one after another, written at once, told to every window by its owner.
import { basename } from 'node:path';
import type { z } from 'zod';
import { settingsSchema, type Settings } from '#src/contract/settings.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readSettings, settingsPath, writeSettings } from '#src/io/settings-file.ts';
import { watchFolder } from '#src/io/watch-folder.ts';

export interface SettingsKeeper {
  readonly current: Settings;
  /** What was wrong with the file when it was read. */
  readonly problem: string | undefined;
  /** Changes fields; null takes one back to its default. Throws `usage/invalid` for a wrong value; then nothing changes. */
  change(changes: Readonly<Record<string, unknown>>): Promise<Settings>;
  /** Stops looking at the file. */
  dispose(): void;
}

/** `onChanged` hears of every change, also of those that another process writes into the file. */
export async function openSettings(
  home: string,
  onChanged: (settings: Settings) => Promise<void> | void,
): Promise<SettingsKeeper> {
  let stored = await readSettings(home);
  const { problem } = stored;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  /** What another studio changed meanwhile is taken over; a file that it left broken is not. */
  const readAgain = async () => {
    const read = await readSettings(home);
    const isOther = JSON.stringify(read) !== JSON.stringify(stored);
    if (read.problem !== undefined || !isOther) return false;
    stored = read;
    return true;
  };
  const watch = watchFolder(
    home,
    () => void inTurn(async () => (await readAgain()) && (await onChanged(stored.settings))),
    { ignore: (name) => name !== basename(settingsPath(home)) },
  );
  return {
    get current() {
      return stored.settings;
    },
    problem,
    change: (changes) =>
      inTurn(async () => {
        await readAgain();
        const settings = changed(stored.settings, changes);
        await writeSettings(home, settings, stored.unknown);
        stored = { settings, unknown: stored.unknown };
        await onChanged(settings);
        return settings;
      }),
    dispose: () => watch.close(),
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

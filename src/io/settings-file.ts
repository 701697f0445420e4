// settings.json in the studio's home. Whatever it holds, the studio starts: fields that do not fit are left out, the file as
// it was is kept beside it, and the problem is told. Fields of a newer version survive a change.
import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { settingsSchema, type Settings } from '#src/contract/settings.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

export interface StoredSettings {
  readonly settings: Settings;
  /** Fields that this version does not know. */
  readonly unknown: Readonly<Record<string, unknown>>;
  /** What is wrong with the file, in a sentence for the user. */
  readonly problem?: string;
}

/** Settings are a few kB; a larger file is not one. */
const maximumBytes = 4 << 20;

export function settingsPath(home: string): string {
  return join(home, 'settings.json');
}

/** Reads the settings; never throws. */
export async function readSettings(home: string): Promise<StoredSettings> {
  const path = settingsPath(home);
  const value = await readJson(path);
  if (value === undefined) return { settings: settingsSchema.parse({}), unknown: {} };
  if (value instanceof Error) return keepBroken(path, {}, {}, value.message);
  const known: Record<string, unknown> = {};
  const unknown: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (name === '__proto__' || name === '$schema') continue;
    if (!Object.hasOwn(settingsSchema.shape, name)) unknown[name] = field;
    else if (settingsSchema.shape[name as keyof Settings].safeParse(field).success) {
      known[name] = field;
    } else wrong.push(name);
  }
  if (wrong.length === 0) return { settings: settingsSchema.parse(known), unknown };
  const fields = wrong.map((name) => `"${name}"`).join(', ');
  return keepBroken(
    path,
    known,
    unknown,
    `${fields} cannot be used and ${wrong.length === 1 ? 'is' : 'are'} at the default`,
  );
}

/** Writes the settings. Throws `io/failed` or `io/disk-full`. */
export async function writeSettings(
  home: string,
  settings: Settings,
  unknown: Readonly<Record<string, unknown>>,
): Promise<void> {
  const text = JSON.stringify({ ...unknown, ...settings }, null, 2);
  await writeFileAtomically(settingsPath(home), `${text}\n`);
}

async function readJson(path: string): Promise<object | Error | undefined> {
  try {
    const { size } = await stat(path);
    if (size > maximumBytes) return new Error(`it has ${size} bytes`);
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    return new Error('it is no JSON object');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error);
  }
}

async function keepBroken(
  path: string,
  known: Readonly<Record<string, unknown>>,
  unknown: Readonly<Record<string, unknown>>,
  reason: string,
): Promise<StoredSettings> {
  const kept = await copyFile(path, `${path}.bak`).then(
    () => ` The file as it was is kept as ${path}.bak.`,
    () => '',
  );
  return {
    settings: settingsSchema.parse(known),
    unknown,
    problem: `Settings in ${path}: ${reason}.${kept}`,
  };
}

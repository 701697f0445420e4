import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, settingsPath, writeSettings } from '#src/io/settings-file.ts';
import { temporaryFolder } from '#test/helpers/open-test-studio.ts';

let home: string;
beforeEach(async () => void (home = await temporaryFolder()));
afterEach(() => rm(home, { recursive: true, force: true }));

describe('settings.json', () => {
  it('may be missing', async () => {
    const { settings, problem } = await readSettings(home);
    expect(settings).toMatchObject({ theme: 'system', gpu: 'auto', modelFolders: [] });
    expect(problem).toBeUndefined();
  });

  it('keeps a broken file beside it and says so', async () => {
    await writeFile(settingsPath(home), '{"theme": "dark"');
    const { settings, problem } = await readSettings(home);
    expect(settings.theme).toBe('system');
    expect(problem).toContain(join(home, 'settings.json.bak'));
    expect(await readFile(`${settingsPath(home)}.bak`, 'utf8')).toBe('{"theme": "dark"');
  });

  it('leaves out what does not fit, uses the rest, and keeps what a newer version wrote', async () => {
    await writeFile(
      settingsPath(home),
      JSON.stringify({ version: 1, theme: 'dark', threads: -4, sidebar: { wide: true } }),
    );
    const { settings, unknown, problem } = await readSettings(home);
    expect(settings.theme).toBe('dark');
    expect(settings.threads).toBeUndefined();
    expect(problem).toContain('"threads"');
    await writeSettings(home, { ...settings, theme: 'light' }, unknown);
    const written = JSON.parse(await readFile(settingsPath(home), 'utf8')) as object;
    expect(written).toMatchObject({ theme: 'light', sidebar: { wide: true } });
  });

  it('does not take a prototype from the file', async () => {
    await writeFile(settingsPath(home), '{"__proto__": {"theme": "dark"}, "constructor": 1}');
    const { settings } = await readSettings(home);
    expect(settings.theme).toBe('system');
  });
});

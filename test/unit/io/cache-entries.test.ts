import { mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { beyondLimit, cacheEntries, keepCacheLimit } from '#src/io/cache-entries.ts';
import { lastUseOf, rememberUse } from '#src/io/cache-use.ts';
import { openKeptChunks } from '#src/io/measurement-store.ts';
import { ensureOwnFolder } from '#src/io/studio-home.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gguf-studio-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

/** An adapter of 8 KiB that was written so many hours ago. */
async function addAdapter(name: string, hours: number): Promise<string> {
  const path = join(await ensureOwnFolder(join(home, 'cache', 'adapters')), `${name}.gguf`);
  writeFileSync(path, Buffer.alloc(8192, 1));
  utimesSync(path, hoursAgo(hours), hoursAgo(hours));
  return path;
}

it('lists adapters, matrices and parts of measurements with their sizes and last use', async () => {
  const adapter = await addAdapter('a', 5);
  const matrix = join(await ensureOwnFolder(join(home, 'matrices')), 'm.gguf');
  writeFileSync(matrix, Buffer.alloc(4096, 1));
  const kept = await openKeptChunks('scores', { model: 'x' }, join(home, 'measurements'));
  await kept.write(0, new Uint8Array(10));
  const entries = await cacheEntries(home);
  expect(entries.map(({ path }) => path.slice(home.length + 1).slice(0, 12)).sort()).toEqual(
    ['cache/adapte', 'matrices/m.g', 'measurements'].sort(),
  );
  const found = entries.find(({ path }) => path === adapter);
  expect(found?.bytes).toBe(8192);
  expect(Date.now() - (found?.usedAt ?? 0)).toBeGreaterThan(4.9 * 3_600_000);
});

it('loses what was used longest ago, and never what was used within the hour', async () => {
  const old = await addAdapter('old', 5);
  const older = await addAdapter('older', 9);
  const used = await addAdapter('used', 20);
  const young = await addAdapter('young', 0.5);
  await rememberUse(used);
  expect(Date.now() - (await lastUseOf(used))).toBeLessThan(60_000);

  const entries = await cacheEntries(home);
  expect(beyondLimit(entries, 1e6)).toEqual([]);
  expect(beyondLimit(entries, 3 * 8192).map(({ path }) => path)).toEqual([older]);
  expect(beyondLimit(entries, 0).map(({ path }) => path)).toEqual([older, old]);

  writeFileSync(join(home, 'settings.json'), '{"cacheLimitBytes": 24576}');
  expect(await keepCacheLimit(home)).toBe(8192);
  const left = () => readdirSync(join(home, 'cache', 'adapters')).filter((name) => !name.startsWith('.')).sort(); // prettier-ignore
  expect(left()).toEqual(['old.gguf', 'used.gguf', 'used.gguf.used', 'young.gguf']);
  expect(young).toContain('young');
});

it('looks at no folder without the mark and at none behind a link', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'gguf-studio-'));
  try {
    await ensureOwnFolder(elsewhere);
    writeFileSync(join(elsewhere, 'mine.gguf'), 'x');
    symlinkSync(elsewhere, join(home, 'matrices'));
    expect(await cacheEntries(home)).toEqual([]);
    await keepCacheLimit(home);
    expect(readdirSync(elsewhere)).toContain('mine.gguf');
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measurementKey, openKeptChunks } from '#src/io/measurement-store.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (length: number, step = 1) =>
  Uint8Array.from({ length }, (_, index) => (index * step) % 251);
const nameOf = (conditions: object) =>
  `scores-${measurementKey({ kind: 'scores', ...conditions })}`;

describe('kept chunks', () => {
  it('come back as they were written, in another process too', async () => {
    const kept = await openKeptChunks('scores', { model: 'a' }, folder);
    const random = Uint8Array.from({ length: 1000 }, () => Math.random() * 256);
    await kept.write(0, random);
    await kept.write(12, new Uint8Array(5000));
    const again = await openKeptChunks('scores', { model: 'a' }, folder);
    expect(await again.read(0)).toEqual(random);
    expect(await again.read(12)).toEqual(new Uint8Array(5000));
    expect(await again.read(1)).toBeUndefined();
    const sizes = await again.sizes();
    expect([...sizes.keys()]).toEqual([0, 12]);
    expect(sizes.get(12)).toBeLessThan(200);
  });

  it('of other conditions are others, also for one field in another place', async () => {
    const kept = await openKeptChunks('scores', { model: 'a', text: 'b' }, folder);
    await kept.write(0, bytes(10));
    for (const other of [
      { model: 'b', text: 'a' },
      { model: 'a', text: 'b', more: 1 },
    ]) {
      expect(await (await openKeptChunks('scores', other, folder)).read(0)).toBeUndefined();
    }
    expect(await (await openKeptChunks('reference', { model: 'a', text: 'b' }, folder)).read(0)).toBeUndefined(); // prettier-ignore
  });

  it('are none where any byte was changed, and are counted', async () => {
    const kept = await openKeptChunks('scores', {}, folder);
    const path = join(folder, nameOf({}), '000003.chunk');
    await kept.write(3, bytes(40, 7));
    const sound = await readFile(path);
    for (let at = 0; at < sound.length; at++) {
      const changed = Buffer.from(sound);
      changed[at]! ^= 0x10;
      await writeFile(path, changed);
      expect(await kept.read(3), `byte ${at}`).toBeUndefined();
    }
    expect(kept.damaged).toBe(sound.length);
    await writeFile(path, sound.subarray(0, 20));
    expect(await kept.read(3)).toBeUndefined();
  });

  it('of another chunk are none', async () => {
    const kept = await openKeptChunks('scores', {}, folder);
    await kept.write(3, bytes(40));
    const own = join(folder, nameOf({}));
    await writeFile(join(own, '000004.chunk'), await readFile(join(own, '000003.chunk')));
    expect(await kept.read(4)).toBeUndefined();
  });
});

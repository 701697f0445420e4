// Which names and links stay in a folder: the one place where that is decided, by the rules of every system.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { innerParts, isInnerPath } from '#src/io/inner-path.ts';
import { isInside, pathInside } from '#src/io/is-inside.ts';
import { placeInside, resolveInside } from '#src/io/resolve-inside.ts';

const outer = realpathSync(mkdtempSync(join(tmpdir(), 'gguf-studio-inside-')));
const folder = join(outer, 'family');
mkdirSync(join(folder, 'inner'), { recursive: true });
writeFileSync(join(outer, 'secret.gguf'), 'secret');
writeFileSync(join(folder, 'inner', 'model.gguf'), 'bytes');
symlinkSync(join(outer, 'secret.gguf'), join(folder, 'out.gguf'));
symlinkSync(outer, join(folder, 'up'));
symlinkSync(join('inner', 'model.gguf'), join(folder, 'own.gguf'));
afterAll(() => rmSync(outer, { recursive: true, force: true }));

const outside = [
  '', '.', './', '..', '../x', 'a/../../x', 'a/..', '..\\x', 'a\\..\\..\\x', '/x', '\\x', '//host/share', '\\\\host\\share',
  'C:\\x', 'c:x', 'C:/x', 'a\0b', 'a\nb',
]; // prettier-ignore

describe('a name', () => {
  it.each(outside)('that is no file below the folder is none: %j', async (name) => {
    expect(isInnerPath(name)).toBe(false);
    await expect(placeInside(folder, name)).resolves.toEqual({ leads: 'out' });
    await expect(resolveInside(folder, name)).rejects.toMatchObject({ code: 'package/invalid' });
  });

  it.each(['x', './x', 'a/b', 'a\\b', '..x', 'a/..b/c', '...', 'model:4m', 'é/日本'])(
    'below the folder is one: %j',
    (name) => expect(isInnerPath(name)).toBe(true),
  );

  it('is taken apart at slashes of both kinds', () => {
    expect(innerParts('.\\a//b\\c')).toEqual(['a', 'b', 'c']);
  });
});

describe('a file', () => {
  it('is found by its name, with either slash, and through a link that stays', async () => {
    const model = join(folder, 'inner', 'model.gguf');
    expect(await resolveInside(folder, 'inner/model.gguf')).toBe(model);
    expect(await resolveInside(folder, 'inner\\model.gguf')).toBe(model);
    expect(await placeInside(folder, 'own.gguf')).toEqual({ path: join(folder, 'own.gguf'), real: model }); // prettier-ignore
  });

  it.each(['out.gguf', 'up/secret.gguf'])('behind a link that leads out is refused: %s', async (name) => {
    const real = join(outer, 'secret.gguf');
    expect(await placeInside(folder, name)).toMatchObject({ leads: 'away', real });
    await expect(resolveInside(folder, name)).rejects.toMatchObject({
      code: 'package/invalid',
      message: expect.stringContaining('out of the folder') as string,
    });
  }); // prettier-ignore

  it('that is missing, or a folder, is told as that', async () => {
    await expect(resolveInside(folder, 'none.gguf')).rejects.toMatchObject({
      code: 'io/not-found',
    });
    await expect(resolveInside(folder, 'inner')).rejects.toMatchObject({ code: 'io/not-found' });
  });
});

describe('a path', () => {
  it('lies in a folder by the rules of its system', () => {
    expect(isInside('/a/b', '/a/b', posix)).toBe(true);
    expect(isInside('/a/b', '/a/b/..c/d', posix)).toBe(true);
    expect(isInside('/a/b', '/a/bc', posix)).toBe(false);
    expect(isInside('/a/b', '/a', posix)).toBe(false);
    expect(isInside('C:\\a', 'c:\\A\\b', win32)).toBe(true);
    expect(isInside('C:\\a', 'C:\\ab', win32)).toBe(false);
    expect(isInside('C:\\a', 'D:\\a\\b', win32)).toBe(false);
    expect(isInside('C:\\a', '\\\\host\\share\\a', win32)).toBe(false);
  });

  it('is told from the folder on, with slashes', () => {
    expect(pathInside('C:\\a', 'C:\\a\\b\\c.gguf', win32)).toBe('b/c.gguf');
    expect(pathInside('/a', '/a', posix)).toBe('');
    expect(pathInside('/a', '/b', posix)).toBeUndefined();
  });
});

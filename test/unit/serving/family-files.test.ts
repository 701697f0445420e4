import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openFamilyFiles } from '#src/serving/family-files.ts';
import { isToken, servingToken, servingTokenPath } from '#src/io/serving-token.ts';
import { statSync } from 'node:fs';

const place = mkdtempSync(join(tmpdir(), 'gguf-studio-family-'));
process.env['GGUF_STUDIO_HOME'] = join(place, 'home');
const folder = join(place, 'family');
mkdirSync(join(folder, 'inner'), { recursive: true });
writeFileSync(join(place, 'outside.gguf'), 'secret');
writeFileSync(join(folder, 'inner', 'model.gguf'), 'bytes');
symlinkSync(join(place, 'outside.gguf'), join(folder, 'link.gguf'));
afterAll(() => rmSync(place, { recursive: true, force: true }));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('files of a family', () => {
  it('are found inside its folder when their bytes are those of the hash', async () => {
    const files = openFamilyFiles(folder);
    const path = join(folder, 'inner', 'model.gguf');
    expect(await files.verified('inner/model.gguf', sha256('bytes'))).toBe(path);
    await expect(files.verified('inner/model.gguf', sha256('other'))).rejects.toMatchObject({
      code: 'serving/files',
      details: { found: sha256('bytes') },
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(path, 'other!');
    await expect(files.verified('inner/model.gguf', sha256('bytes'))).rejects.toMatchObject({
      code: 'serving/files',
    });
  });

  it.each(['../outside.gguf', 'inner/../../outside.gguf', join(place, 'outside.gguf'), 'link.gguf', '', '.', 'C:\\x', 'a\0b'])('are refused outside of it: %j', async (file) => {
    await expect(openFamilyFiles(folder).verified(file, undefined)).rejects.toMatchObject({
      code: 'serving/files',
    });
  }); // prettier-ignore

  it('that are missing are told by their path', async () => {
    await expect(openFamilyFiles(folder).verified('none.gguf', undefined)).rejects.toMatchObject({
      code: 'io/not-found',
      message: expect.stringContaining('none.gguf is missing') as string,
    });
  });
});

describe('the token', () => {
  it('is made once, also for two programs at once, and readable by its owner alone', async () => {
    const [one, two] = await Promise.all([servingToken(), servingToken()]);
    expect(one).toBe(two);
    expect(isToken(one)).toBe(true);
    expect(statSync(servingTokenPath()).mode & 0o777).toBe(0o600);
    writeFileSync(servingTokenPath(), 'short');
    await expect(servingToken()).rejects.toMatchObject({ code: 'io/failed' });
  });
});

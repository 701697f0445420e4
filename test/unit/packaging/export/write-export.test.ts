// Exports on a disk: what lies there already is either the very same or somebody's, and then it stays.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RouterExport } from '#src/packaging/export/router-export.ts';
import { writeExport } from '#src/packaging/export/write-export.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const outer = mkdtempSync(join(tmpdir(), 'gguf-studio-export-'));
const oldHome = process.env['GGUF_STUDIO_HOME'];
process.env['GGUF_STUDIO_HOME'] = join(outer, 'home');
afterAll(() => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  rmSync(outer, { recursive: true, force: true });
});
writeFileSync(join(outer, 'model.gguf'), 'the model');

const exported: RouterExport = {
  files: [{ name: 'a.ini', text: 'ctx-size = 1024\n' }],
  adapters: [],
  copies: [{ file: 'model.gguf', to: 'x/model.gguf' }],
  notices: [],
};
const write = (name: string, overwrite = false, what = exported) =>
  writeExport(what, {
    family: outer,
    folder: join(outer, name),
    overwrite,
    emit: () => undefined,
    signal: new AbortController().signal,
  });

describe('an export', () => {
  it('is written once, and again over itself', async () => {
    const first = await write('same');
    expect(first).toEqual([join(outer, 'same', 'a.ini'), join(outer, 'same', 'x', 'model.gguf')]);
    expect(await write('same')).toEqual(first);
  });

  it.each([
    ['a.ini', 'ctx-size = 2048\n'],
    ['x/model.gguf', 'THE MODEL'],
  ])(
    'leaves an edited file of the same size alone until it is told otherwise: %s',
    async (name, text) => {
      const place = join(outer, 'edited', name);
      await write('edited', true);
      writeFileSync(place, text);
      const error = await expectRefusal(write('edited'), 'output/exists');
      // True in the window, too, which has a button and no options.
      expect(error.hint).toContain('have it replaced (on the command line: --overwrite)');
      expect(readFileSync(place, 'utf8')).toBe(text);
      await write('edited', true);
      expect(readFileSync(place, 'utf8')).not.toBe(text);
    },
  );

  it('takes nothing from outside of the family', async () => {
    const copies = [{ file: '../secret.gguf', to: 'x/model.gguf' }];
    await expectRefusal(write('out', false, { ...exported, copies }), 'package/invalid');
  });
});

import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '#src/io/make-folder.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const folder = mkdtempSync(join(tmpdir(), 'gguf-studio-make-folder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('making a folder', () => {
  it('makes its parents, and does nothing the second time', async () => {
    const path = join(folder, 'a', 'b');
    await makeFolder(path);
    await makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  // As on a read-only disk, Node's recursive mkdir says only ENOENT here.
  it('tells the reason of the first missing folder, not that the path is missing', async () => {
    symlinkSync(join(folder, 'nowhere', 'at', 'all'), join(folder, 'dangling'));
    await expectRefusal(makeFolder(join(folder, 'dangling')), 'io/failed', 'EEXIST');
  });
});

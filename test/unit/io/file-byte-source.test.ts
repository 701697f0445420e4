import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, it } from 'vitest';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const folder = mkdtempSync(join(tmpdir(), 'byte-source-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.skipIf(process.platform === 'win32')('refuses a pipe at once, though nobody writes to it', async () => {
  const path = join(folder, 'pipe.gguf');
  execFileSync('mkfifo', [path]);
  await expectRefusal(openFileByteSource(path), 'io/not-found', 'not a file');
}); // prettier-ignore

it('says of a link that leads back to itself what it is', async () => {
  const path = join(folder, 'loop.gguf');
  symlinkSync('loop.gguf', path);
  await expectRefusal(openFileByteSource(path), 'io/not-found', 'leads back to itself');
});

it('refuses a folder', async () => {
  await expectRefusal(openFileByteSource(folder), 'io/not-found');
});

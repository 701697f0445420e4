import { writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { watchFolder } from '#src/io/watch-folder.ts';
import { temporaryFolder } from '#test/helpers/open-test-studio.ts';

it('tells a burst of changes once, and nothing of what is ignored', async () => {
  const folder = await temporaryFolder();
  let told = 0;
  const watch = watchFolder(folder, () => told++, {
    quiet: 50,
    ignore: (name) => name === 'ignored',
  });
  await writeFile(join(folder, 'ignored'), 'x');
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(told).toBe(0);
  // At one go: on a busy machine the pauses between them could be as long as the quiet that ends a burst.
  for (let index = 0; index < 5; index++) writeFileSync(join(folder, `${index}`), 'x');
  await expect.poll(() => told).toBe(1);
  watch.close();
  await writeFile(join(folder, 'later'), 'x');
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(told).toBe(1);
  await rm(folder, { recursive: true });
});

it('is silent for a folder that is not there', () => {
  expect(() => watchFolder('/nowhere/at/all', () => undefined).close()).not.toThrow();
});

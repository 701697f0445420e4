import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJournal, TensorJournal } from '#src/io/tensor-journal.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'x.gguf.partial.journal');
});
afterEach(() => rm(folder, { recursive: true }));

const entry = (tensor: string, offset = 0) => ({
  tensor,
  offset,
  size: 10,
  sha256: 'ab'.repeat(32),
  source: '',
});

async function write(plan: string, goOn: boolean, ...tensors: string[]): Promise<void> {
  const journal = await TensorJournal.open(path, plan, goOn);
  for (const tensor of tensors) await journal.append(entry(tensor));
  await journal.close();
}

describe('the journal of a partial output', () => {
  it('gives back what was written for the same plan', async () => {
    await write('plan', false, 'a', 'b');
    const entries = await readJournal(path, 'plan');
    expect([...(entries ?? [])]).toEqual([
      ['a', entry('a')],
      ['b', entry('b')],
    ]);
  });

  it('is nothing for another plan or without a file', async () => {
    expect(await readJournal(path, 'plan')).toBeUndefined();
    await write('plan', false, 'a');
    expect(await readJournal(path, 'other')).toBeUndefined();
  });

  it('is gone on with', async () => {
    await write('plan', false, 'a');
    await write('plan', true, 'b');
    expect([...(await readJournal(path, 'plan'))!.keys()]).toEqual(['a', 'b']);
  });

  it('starts over for another plan', async () => {
    await write('plan', false, 'a');
    await write('other', false, 'b');
    expect([...(await readJournal(path, 'other'))!.keys()]).toEqual(['b']);
  });

  it('ignores a line that was torn when its process was killed, and what follows stays readable', async () => {
    await write('plan', false, 'a', 'b');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, -20));
    await write('plan', true, 'c');
    expect([...(await readJournal(path, 'plan'))!.keys()]).toEqual(['a', 'c']);
  });

  it('ignores lines that no journal of ours has', async () => {
    await write('plan', false);
    await appendFile(path, '7\n[]\n"x"\n{"tensor":1}\n{"tensor":"a","offset":1e99,"size":1,"sha256":"","source":""}\n'); // prettier-ignore
    expect(await readJournal(path, 'plan')).toEqual(new Map());
  });

  it('is refused as a whole when its first line is not ours', async () => {
    await writeFile(path, `${JSON.stringify(entry('a'))}\n`);
    expect(await readJournal(path, 'plan')).toBeUndefined();
  });
});

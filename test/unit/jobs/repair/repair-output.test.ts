// What a repair leaves when it is killed between the two names it gives, and what it never writes over.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeOutput, refuseTakenOutput } from '#src/jobs/repair/repair-output.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

let folder = '';
let output = '';
const damaged = () => join(folder, 'X.gguf');
const content = 'the repaired model';
const sha256 = createHash('sha256').update(content).digest('hex');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gguf-studio-repair-'));
  output = join(folder, 'X.repaired.gguf');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a run that was killed after its file got its name', () => {
  beforeEach(async () => {
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    await writeFile(output, content);
    await writeFile(`${output}.partial.journal`, '');
    await writeFile(
      `${output}.partial.lock`,
      JSON.stringify({ pid: dead, host: hostname(), startedAt: '1' }),
    );
    await writeFile(join(folder, 'X.repaired.md.partial'), `SHA-256 \`${sha256}\``);
  });

  it('is completed when the same name is asked for again, which stays refused', async () => {
    await expectRefusal(refuseTakenOutput(output, damaged()), 'output/exists', output);
    expect((await readdir(folder)).sort()).toEqual(['X.repaired.gguf', 'X.repaired.md']);
  });

  it('is completed when a free name is looked for', async () => {
    expect(await freeOutput(damaged())).toBe(join(folder, 'X.repaired-2.gguf'));
    expect((await readdir(folder)).sort()).toEqual(['X.repaired.gguf', 'X.repaired.md']);
  });

  it('keeps its report nameless when it is of another content', async () => {
    await writeFile(output, 'another model');
    await freeOutput(damaged());
    expect((await readdir(folder)).sort()).toEqual(['X.repaired.gguf', 'X.repaired.md.partial']);
  });

  it('is left alone while another run writes there', async () => {
    await writeFile(`${output}.partial`, 'half');
    await expectRefusal(refuseTakenOutput(output, damaged()), 'output/exists', output);
    expect(await readdir(folder)).toContain('X.repaired.md.partial');
    expect(await readdir(folder)).toContain('X.repaired.gguf.partial.journal');
  });
});

describe('a report that is there already', () => {
  it('takes the name of a repair that looks for a free one', async () => {
    await writeFile(join(folder, 'X.repaired.md'), 'mine');
    expect(await freeOutput(damaged())).toBe(join(folder, 'X.repaired-2.gguf'));
  });

  it('is never written over, whoever wrote it', async () => {
    const report = join(folder, 'X.repaired.md');
    await writeFile(report, 'mine');
    await expectRefusal(refuseTakenOutput(output, damaged()), 'output/exists', report);
    expect(await readFile(report, 'utf8')).toBe('mine');
  });
});

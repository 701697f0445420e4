// `repair` as people use it: real builds, damaged by code, repaired by the built command line in processes of its own.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RepairPlan, RepairReport } from '#src/contract/doctor/repair.ts';
import { headerOf, placeOf } from '#test/helpers/repair-bench.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const studio = studioFolder();
const built = 'out/seedling-4m-healthcare-Q4_K_M.gguf';
const three = ['blk.0.attn_q.weight', 'blk.2.ffn_up.weight', 'blk.3.attn_output.weight'];
const recipe = {
  version: 1,
  nodes: [
    { id: 'base', kind: 'base', path: 'seedling-4m' },
    { id: 'conditions', kind: 'adapter', path: 'adapters/conditions' },
    { id: 'quantize', kind: 'quantize', levels: ['Q4_K_M'] },
    { id: 'package', kind: 'package', form: 'bundled', domain: 'healthcare', folder: 'out' },
  ],
  edges: [
    { from: 'base', to: 'quantize' },
    { from: 'quantize', to: 'package' },
    { from: 'conditions', to: 'package' },
  ],
};

beforeAll(async () => {
  for (const name of ['seedling-4m', 'adapters']) {
    cpSync(`${seedlingFolder}/${name}`, studio.path(name), { recursive: true });
  }
  writeFileSync(studio.path('r.recipe.json'), JSON.stringify(recipe));
  const { code, stderr } = await studio.run('build', 'r.recipe.json', '--no-validate');
  if (code !== 0) throw new Error(stderr);
}, 120_000);
afterAll(() => studio.remove());

const sha256 = (name: string) =>
  createHash('sha256').update(readFileSync(studio.path(name))).digest('hex'); // prettier-ignore

/** Three tensors of a copy hold other bytes. Far from the original, which would give its own tensors. */
async function damaged(name: string): Promise<string> {
  const header = await headerOf(studio.path(built));
  const bytes = readFileSync(studio.path(built));
  for (const tensor of three) {
    const { at, byteLength } = placeOf(header, tensor);
    bytes.fill(0x5a, at, at + byteLength);
  }
  mkdirSync(studio.path('hurt'), { recursive: true });
  writeFileSync(studio.path('hurt', `${name}.gguf`), bytes);
  return `hurt/${name}.gguf`;
}

async function repair(...words: string[]) {
  const { code, document } = await studio.json('repair', ...words);
  const files = (document.result?.['files'] ?? []) as { plan?: RepairPlan; report?: RepairReport }[]; // prettier-ignore
  return { code, document, plan: files[0]?.plan, report: files[0]?.report };
}

const besides = (name: string) => studio.files('hurt').filter((file) => file.includes(`${name}.`)).sort(); // prettier-ignore

describe('gguf-studio repair', () => {
  it('gives back the very file that was built, and asks it', async () => {
    const path = await damaged('three');
    const before = sha256(path);
    expect((await studio.json('repair', path, '--yes', '--without', 'nothing')).code).toBe(64);
    const done = await repair(path, '--yes');
    expect(done.code).toBe(0);
    expect(sha256('hurt/three.repaired.gguf')).toBe(sha256(built));
    expect(done.report?.parts.map(({ trust }) => trust)).toEqual(['exact', 'exact', 'exact']);
    expect(done.report?.behaviour?.findings).toEqual([]);
    expect(done.report?.behaviour?.answers.length).toBeGreaterThan(0);
    expect(sha256(path)).toBe(before);
    expect(besides('three')).toEqual(['three.gguf', 'three.repaired.gguf', 'three.repaired.md']);
    expect(readFileSync(studio.path('hurt/three.repaired.md'), 'utf8')).toContain('## Behaviour');
    const again = await repair(path, '--yes', '--no-behaviour');
    expect(again.report?.output).toMatch(/three\.repaired-2\.gguf$/);
    const { document } = await studio.json('jobs');
    expect(JSON.stringify(document.result)).toContain('"repair"');
  });

  it('writes nothing for a dry run, nor without a yes', async () => {
    const path = await damaged('dry');
    const dry = await repair(path, '--dry-run');
    expect(dry.code).toBe(1);
    expect(dry.plan?.steps).toHaveLength(3);
    expect((await repair(path)).code).toBe(64);
    expect(besides('dry')).toEqual(['dry.gguf']);
  });

  it('calls a healthy file healthy', async () => {
    const { code, plan } = await repair(built, '--yes');
    expect([code, plan?.steps]).toEqual([0, []]);
  });

  it('leaves no file under a final name when it is killed, and starts again', async () => {
    const path = await damaged('killed');
    const running = studio.start(['repair', path, '--yes', '--no-behaviour']);
    await expect.poll(() => besides('killed').join(' '), { timeout: 60_000, interval: 1 }).toContain('.partial'); // prettier-ignore
    running.child.kill('SIGKILL');
    await running.finished;
    const done = await repair(path, '--yes', '--no-behaviour');
    expect(done.code).toBe(0);
    expect(done.report?.sha256).toBe(sha256(built));
    // The host of the killed command may have come to its end first: what has the name is right then, too.
    for (const name of besides('killed').filter((each) => each.includes('.repaired') && each.endsWith('.gguf'))) {
      expect(sha256(`hurt/${name}`)).toBe(sha256(built));
    }
  }); // prettier-ignore
});

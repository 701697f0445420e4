// Repairs of real files, built from the embedded model: what comes back is compared with the original byte by byte.
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copyFix } from '#src/doctor/metadata/fix-value.ts';
import type { RepairParams } from '#src/contract/doctor/repair.ts';
import type { Draft } from '#src/doctor/findings.ts';
import { entryString, entryValue, uint32Entry } from '#src/formats/gguf/entries.ts';
import { planRepair, repairFile } from '#src/jobs/repair/repair-file.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { BuildBench, seedlingNodes } from '#test/helpers/build-bench.ts';
import {
  damagedCopy,
  headerOf,
  placeOf,
  recoverTensors,
  repairPorts,
  repairWith,
  restoreAdapters,
  rewriteMetadata,
} from '#test/helpers/repair-bench.ts';

const { base, conditions, quantize, bundled } = seedlingNodes;
const wires = ['base -> quantize', 'quantize -> package', 'conditions -> package'];
const three = ['blk.0.attn_q.weight', 'blk.1.ffn_down.weight', 'token_embd.weight'];

let bench: BuildBench;
let original: string;
let place = '';
beforeAll(async () => {
  bench = await BuildBench.open();
  await bench.build([base, conditions, { ...quantize, levels: [...quantize.levels] }, bundled], wires); // prettier-ignore
  original = bench.path('out', 'seedling-4m-healthcare-Q4_K_M.gguf');
  await rewriteMetadata(original, bench.path('plain.gguf'), (entries) =>
    entries.filter(({ key }) => !key.startsWith('studio.')),
  );
}, 120_000);
afterAll(() => bench.close());

async function folder(name: string): Promise<string> {
  place = bench.path(name);
  await rm(place, { recursive: true, force: true });
  await mkdir(place);
  return `${place}/X.gguf`;
}

/** A copy of a quantized file without provenance and adapters, one tensor of it zeroed. */
async function foreign(name: string): Promise<string> {
  const path = await folder(name);
  const header = await headerOf(bench.path('plain.gguf'));
  const { at, byteLength } = placeOf(header, 'blk.0.attn_q.weight');
  return damagedCopy(bench.path('plain.gguf'), path, (bytes) => void bytes.fill(0, at, at + byteLength)); // prettier-ignore
}

describe('repairing a file that was built here', () => {
  it('derives damaged tensors again, byte for byte, and reads no more than they need', async () => {
    const path = await folder('three');
    const header = await headerOf(original);
    await damagedCopy(original, path, (bytes) => {
      for (const name of three) {
        const { at, byteLength } = placeOf(header, name);
        bytes.fill(0xa5, at + 10, at + byteLength - 10);
      }
      return undefined;
    });
    const before = await hashFile(path);
    const ports = repairPorts(bench.ports, path, [recoverTensors('hashes/tensor', three)]);
    const { plan, report } = await repairWith(ports, { path });
    expect(plan.steps).toHaveLength(1);
    expect(plan.steps[0]).toMatchObject({ id: `recover:${three[0] ?? ''}`, trust: 'exact', chosen: true }); // prettier-ignore
    expect(report.sha256).toBe(await hashFile(original));
    expect(await hashFile(report.output)).toBe(report.sha256);
    expect(report.parts[0]).toMatchObject({ trust: 'exact' });
    expect(await hashFile(path)).toBe(before);
    expect((await readdir(place)).sort()).toEqual(['X.gguf', 'X.repaired.gguf', 'X.repaired.md']);
    const needed = plan.steps[0]?.readBytes ?? 0;
    expect(needed).toBeGreaterThan(0);
    expect(report.readBytes).toBeLessThanOrEqual((await stat(path)).size + needed);
    expect(await readFile(report.report, 'utf8')).toContain(
      'can be trusted as much as the original',
    );
  });

  it('computes only the rows that hold NaN, and the hash decides', async () => {
    const path = await folder('rows');
    const header = await headerOf(original);
    const { at, byteLength, shape } = placeOf(header, 'blk.1.ffn_up.weight');
    const rowBytes = byteLength / (shape[1] ?? 1);
    await damagedCopy(original, path, (bytes) => {
      // The first two bytes of a Q4_K block are its scale, an F16.
      bytes.set([0x00, 0x7e], at + 5 * rowBytes);
      return undefined;
    });
    const drafts = [
      recoverTensors('values/not-finite', ['blk.1.ffn_up.weight'], { first: 5, count: 1 }),
      recoverTensors('hashes/tensor', ['blk.1.ffn_up.weight']),
    ];
    const { plan, report } = await repairWith(repairPorts(bench.ports, path, drafts), { path });
    expect(report.sha256).toBe(await hashFile(original));
    expect(report.parts[0]).toMatchObject({ trust: 'exact', detail: 'one row' });
    // One row of the BF16 source.
    expect(plan.steps[0]?.readBytes).toBe(2 * (shape[0] ?? 0));
  });

  it('brings the whole tensor back when more than the found rows is damaged', async () => {
    const path = await folder('more');
    const header = await headerOf(original);
    const { at, byteLength } = placeOf(header, 'blk.0.ffn_up.weight');
    await damagedCopy(original, path, (bytes) => void bytes.fill(1, at + byteLength - 64, at + byteLength)); // prettier-ignore
    const drafts = [recoverTensors('values/not-finite', ['blk.0.ffn_up.weight'], { first: 0, count: 1 })]; // prettier-ignore
    const { report } = await repairWith(repairPorts(bench.ports, path, drafts), { path });
    expect(report.sha256).toBe(await hashFile(original));
  });

  it('makes up for a truncated end, adapters included', async () => {
    const path = await folder('cut');
    const header = await headerOf(original);
    const last = header.tensors.at(-1)?.name ?? '';
    const { at, byteLength } = placeOf(header, last);
    await damagedCopy(original, path, (bytes) => bytes.subarray(0, at + byteLength / 2));
    const drafts: Draft[] = [
      recoverTensors('structure/truncated', [last], { first: 0, count: 1 }),
      restoreAdapters('bundle/tail-missing', ['conditions']),
    ];
    const { plan, report } = await repairWith(repairPorts(bench.ports, path, drafts), { path });
    expect(plan.steps.map(({ trust }) => trust)).toEqual(['exact', 'exact']);
    expect(report.sha256).toBe(await hashFile(original));
  });

  it('takes an adapter that fell off back from another level beside it', async () => {
    const path = await folder('tail');
    const q8 = bench.path('out', 'seedling-4m-healthcare-Q8_0.gguf');
    await damagedCopy(q8, `${place}/other.gguf`, () => undefined);
    const header = await headerOf(original);
    const last = placeOf(header, header.tensors.at(-1)?.name ?? '');
    await damagedCopy(original, path, (bytes) => bytes.subarray(0, last.at + last.byteLength));
    const drafts = [restoreAdapters('bundle/tail-missing', ['conditions'])];
    const { plan, report } = await repairWith(repairPorts(bench.ports, path, drafts), { path });
    expect(plan.steps[0]?.title).toBe('Take the adapter conditions back from other.gguf');
    expect(report.sha256).toBe(await hashFile(original));
  });

  it('copies a tensor from another level that lists the same hash', async () => {
    const path = await folder('same');
    await damagedCopy(original, `${place}/twin.gguf`, () => undefined);
    const header = await headerOf(original);
    const { at } = placeOf(header, 'output_norm.weight');
    await damagedCopy(original, path, (bytes) => void bytes.fill(9, at, at + 64));
    const ports = repairPorts(bench.ports, path, [recoverTensors('hashes/tensor', ['output_norm.weight'])]); // prettier-ignore
    const { plan, report } = await repairWith(ports, { path });
    expect(plan.steps[0]?.title).toBe('Copy output_norm.weight again from twin.gguf');
    expect(report.sha256).toBe(await hashFile(original));
  });

  it('sets a wrong value back and adds a lost one in its old place', async () => {
    const path = await folder('metadata');
    await rewriteMetadata(original, path, (entries) =>
      entries
        .filter(({ key }) => key !== 'llama.rope.freq_base')
        .map((entry) => entry.key === 'llama.context_length' ? uint32Entry(entry.key, 7) : entry),
    ); // prettier-ignore
    const { metadata } = await headerOf(original);
    const fixes = ['llama.rope.freq_base', 'llama.context_length'].map((key) => copyFix(key, entryValue(metadata, key))); // prettier-ignore
    const drafts = fixes.map((fix, index): Draft => ({
      code: index === 0 ? 'metadata/missing' : 'metadata/context',
      message: 'Wrong.',
      ...(fix === undefined ? {} : { fix }),
    })); // prettier-ignore
    // A shorter header moved what lies behind it, which the list does not know.
    drafts.push(restoreAdapters('bundle/list', ['conditions']));
    const { plan, report } = await repairWith(repairPorts(bench.ports, path, drafts), { path });
    expect(plan.steps.map(({ id }) => id)).toEqual(['set:llama.rope.freq_base', 'set:llama.context_length', 'adapter:conditions']); // prettier-ignore
    expect(report.sha256).toBe(await hashFile(original));
  });

  it('makes a header again of which records were lost', async () => {
    const path = await folder('header');
    await damagedCopy(original, path, (bytes) => {
      const name = new TextEncoder().encode('blk.1.attn_q.weight');
      const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(name);
      bytes.fill(0xff, found - 8, found + 40);
      return undefined;
    });
    const drafts: Draft[] = [{ code: 'structure/tensor-entry', message: 'A record cannot be read.' }]; // prettier-ignore
    const { plan, report } = await repairWith(repairPorts(bench.ports, path, drafts), { path });
    expect(plan.steps[0]).toMatchObject({ id: 'header', trust: 'exact' });
    expect(report.sha256).toBe(await hashFile(original));
  });

  it('refuses an output that is there, also one that it could take tensors from', async () => {
    const path = await folder('taken');
    await damagedCopy(original, path, () => undefined);
    const output = await damagedCopy(original, `${place}/twin.gguf`, () => undefined);
    const ports = repairPorts(bench.ports, path, [recoverTensors('hashes/tensor', ['output_norm.weight'])]); // prettier-ignore
    await expectRefusal(repairWith(ports, { path, output } as RepairParams), 'output/exists');
    expect(await hashFile(output)).toBe(await hashFile(original));
  });

  it('refuses a file that changed after it was planned for', async () => {
    const path = await folder('changed');
    await damagedCopy(original, path, () => undefined);
    const ports = repairPorts(bench.ports, path, [recoverTensors('hashes/tensor', ['output_norm.weight'])]); // prettier-ignore
    const context = { ports, emit: () => undefined, signal: new AbortController().signal };
    const plan = await planRepair({ path }, context);
    await utimes(path, 1, 1);
    const steps = plan.steps.map(({ id }) => id);
    await expectRefusal(repairFile({ path, bytes: plan.bytes, modified: plan.modified, steps }, context), 'repair/changed'); // prettier-ignore
    expect(await readdir(place)).toEqual(['X.gguf']);
  });
});

describe('repairing a file whose importance matrix was collected by its build and is kept no more', () => {
  const name = 'blk.1.ffn_down.weight';
  const drafts = [recoverTensors('hashes/tensor', [name])];
  let sound = '';
  beforeAll(async () => {
    const words = Array.from({ length: 400 }, (_, index) => `word ${index * 7} of the text`);
    await writeFile(bench.path('calibration.txt'), words.join(' '));
    const imatrix = { id: 'imatrix', kind: 'imatrix' as const, texts: ['calibration.txt'], contextSize: 128, chunks: 1 }; // prettier-ignore
    const weighed = { id: 'q', kind: 'quantize' as const, levels: ['Q4_K_M' as const], fileName: 'weighed.gguf', folder: 'weighed' }; // prettier-ignore
    await bench.build([base, imatrix, weighed], ['base -> q', 'imatrix -> q']);
    sound = bench.path('weighed', 'weighed.gguf');
  }, 60_000);
  beforeEach(() => rm(bench.path('home', 'matrices'), { recursive: true, force: true }));

  async function damaged(where: string): Promise<string> {
    const path = await folder(where);
    const { at } = placeOf(await headerOf(sound), name);
    return damagedCopy(sound, path, (bytes) => void bytes.fill(3, at, at + 64));
  }

  it('collects it again from the same texts, and says so before', async () => {
    const path = await damaged('collected');
    const { plan, report } = await repairWith(repairPorts(bench.ports, path, drafts), { path });
    expect(plan.steps[0]?.title).toContain('importance matrix is collected again first, from calibration.txt'); // prettier-ignore
    expect(report.parts[0]?.trust).toBe('exact');
    expect(report.sha256).toBe(await hashFile(sound));
  });

  it('collects it for a header that is made again', async () => {
    const path = await folder('collected-header');
    await damagedCopy(sound, path, (bytes) => {
      const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(name);
      bytes.fill(0xff, at - 8, at + 40);
      return undefined;
    });
    const lost: Draft[] = [{ code: 'structure/tensor-entry', message: 'A record cannot be read.' }];
    const { report } = await repairWith(repairPorts(bench.ports, path, lost), { path });
    expect(report.sha256).toBe(await hashFile(sound));
  });

  it('never derives without the weights in silence where the texts are gone, too', async () => {
    const path = await damaged('uncollected');
    const texts = await readFile(bench.path('calibration.txt'));
    await writeFile(bench.path('calibration.txt'), 'Another text.');
    try {
      const ports = repairPorts(bench.ports, path, drafts);
      const context = { ports, emit: () => undefined, signal: new AbortController().signal };
      const { steps } = await planRepair({ path }, context);
      expect(steps).toMatchObject([{ trust: 'lost', chosen: false }]);
      expect(steps[0]?.changes[0]?.before).toContain('(calibration.txt) are not what they were');
      const { plan, report } = await repairWith(ports, { path, source: bench.path('seedling-4m') });
      expect(plan.steps[0]).toMatchObject({ trust: 'derived' });
      expect(plan.steps[0]?.title).toContain('without weights: its importance matrix');
      expect(report.advice).toContain('without the importance matrix of the build');
      expect(report.sha256).not.toBe(await hashFile(sound));
    } finally {
      await writeFile(bench.path('calibration.txt'), texts);
    }
  });
});

describe('repairing a file that does not say what it was made from', () => {
  it('derives from a given source and tells whether sound tensors come out equal', async () => {
    const path = await foreign('derived');
    const drafts = [recoverTensors('values/all-zero', ['blk.0.attn_q.weight'])];
    const params = { path, source: bench.path('seedling-4m') };
    const { report } = await repairWith(repairPorts(bench.ports, path, drafts), params);
    expect(report.parts[0]?.trust).toBe('derived');
    expect(report.advice).toContain('come out bit for bit');
    expect(report.sha256).toBe(await hashFile(bench.path('plain.gguf')));
  });

  it('takes another level, and the file says so itself', async () => {
    const path = await foreign('sibling');
    const sibling = bench.path('out', 'seedling-4m-healthcare-Q8_0.gguf');
    const drafts = [recoverTensors('values/all-zero', ['blk.0.attn_q.weight'])];
    const { report } = await repairWith(repairPorts(bench.ports, path, drafts), { path, sibling });
    expect(report.parts[0]?.trust).toBe('approximate');
    const { metadata } = await headerOf(report.output);
    expect(entryString(metadata, 'studio.repair')).toContain('blk.0.attn_q.weight: approximate');
    expect(report.sha256).not.toBe(await hashFile(bench.path('plain.gguf')));
  });

  it('says what is lost, and goes on without only when that is chosen', async () => {
    const path = await foreign('lost');
    const drafts = [recoverTensors('values/all-zero', ['blk.0.attn_q.weight'])];
    const ports = repairPorts(bench.ports, path, drafts);
    await expectRefusal(repairWith(ports, { path }), 'repair/impossible');
    const { report } = await repairWith(ports, { path }, ['leave:blk.0.attn_q.weight']);
    expect(report.parts[0]?.trust).toBe('lost');
    expect(report.sha256).toBe(await hashFile(path));
  });

  it('makes no file when tensors are missing that nothing brings back', async () => {
    const path = await foreign('gone');
    const header = await headerOf(path);
    const last = header.tensors.at(-1)?.name ?? '';
    await damagedCopy(path, path, (bytes) => bytes.subarray(0, placeOf(header, last).at));
    const ports = repairPorts(bench.ports, path, [recoverTensors('structure/truncated', [last])]);
    const context = { ports, emit: () => undefined, signal: new AbortController().signal };
    const plan = await planRepair({ path }, context);
    expect(plan.steps[0]?.impossible).toContain('no model loads without');
    await expectRefusal(repairWith(ports, { path }, ['leave:blk.3']), 'repair/impossible');
  });
});

// Repairs of real files, built from the embedded model: what comes back is compared with the original byte by byte.
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from '#src/io/file-hash.ts';
import { BuildBench, seedlingNodes } from '#test/helpers/build-bench.ts';
import {
  damagedCopy,
  headerOf,
  placeOf,
  recoverTensors,
  repairPorts,
  repairWith,
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
}, 120_000);
afterAll(() => bench.close());

async function folder(name: string): Promise<string> {
  place = bench.path(name);
  await rm(place, { recursive: true, force: true });
  await mkdir(place);
  return `${place}/X.gguf`;
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
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { stringArrayEntry } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { provenanceKeys } from '#src/stages/package/provenance.ts';
import { checkTensors } from '#src/stages/validate/check-tensors.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { buildGguf, type TestTensor } from '#test/helpers/build-gguf.ts';

/** Stands for ggml_validate_row_data on F32; the real one is called by the golden and command line tests. */
const engine = {
  isFinite: (_: GgmlType, bytes: Uint8Array) =>
    new Float32Array(bytes.slice().buffer).every((value) => Number.isFinite(value)),
  load: () => Promise.reject(new Error('not here')),
};
const createSha256 = () => {
  const hash = createHash('sha256');
  return {
    update: (bytes: Uint8Array) => void hash.update(bytes),
    digest: () => hash.digest('hex'),
  };
};
const ports = { engine, createSha256 };
const { signal } = new AbortController();

async function check(tensors: TestTensor[], hashes?: readonly string[]) {
  const metadata =
    hashes === undefined ? [] : [stringArrayEntry(provenanceKeys.tensorHashes, hashes)];
  const source = memoryByteSource(buildGguf({ metadata, tensors }));
  const header = await readGgufHeader(source);
  const events: StageEvent[] = [];
  const run = checkTensors([{ source, header }], header.metadata, ports, signal);
  return { findings: await runToEnd(run, (event) => events.push(event)), events };
}

const sha256 = (values: Float32Array) =>
  createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');

describe('checkTensors', () => {
  it('reads every byte once and says so', async () => {
    const { findings, events } = await check([
      { name: 'a', shape: [4, 3], data: new Float32Array(12) },
      { name: 'b', shape: [5], data: new Float32Array(5) },
    ]);
    expect(findings.tensors).toMatchObject({
      status: 'passed',
      evidence: { tensors: 2, bytes: 68 },
    });
    expect(findings.hashes).toBeUndefined();
    const last = events.at(-1);
    expect(last).toMatchObject({ event: 'progress', done: 68, total: 68 });
  });

  it('names the tensors that are not finite and counts them all', async () => {
    const bad = new Float32Array(8);
    bad[7] = Number.POSITIVE_INFINITY;
    const tensors = Array.from({ length: 30 }, (_, index) => ({
      name: `t${index}`,
      shape: [8],
      data: index % 3 === 0 ? new Float32Array(8) : bad,
    }));
    const { findings } = await check(tensors);
    expect(findings.tensors.status).toBe('failed');
    expect(findings.tensors.evidence['count']).toBe(20);
    expect(findings.tensors.summary).toContain('t1');
  });

  it('finds a bad value in the last, shorter slab of a long tensor and in a row longer than a slab', async () => {
    for (const shape of [[1024, 1100], [1_100_032]]) {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      data[data.length - 1] = Number.NaN;
      const { findings, events } = await check([{ name: 'long', shape, data }]);
      expect(findings.tensors.status).toBe('failed');
      expect(events.length).toBeGreaterThan(1);
    }
  });

  it('compares the hashes that the file carries, tensor by tensor', async () => {
    const a = Float32Array.of(1, 2);
    const b = Float32Array.of(3, 4);
    const tensors = [
      { name: 'a', shape: [2], data: a },
      { name: 'b', shape: [2], data: b },
    ];
    const right = await check(tensors, [sha256(a), sha256(b)]);
    expect(right.findings.hashes?.status).toBe('passed');
    const swapped = await check(tensors, [sha256(a), sha256(a)]);
    expect(swapped.findings.hashes).toMatchObject({
      status: 'failed',
      evidence: { count: 1, tensors: ['b'] },
    });
    const misfit = await check(tensors, [sha256(a)]);
    expect(misfit.findings.hashes?.status).toBe('failed');
    expect(misfit.findings.hashes?.summary).toContain('one hash for each of the 2 tensors');
  });

  it('stops when it is cancelled', async () => {
    const source = memoryByteSource(buildGguf({ tensors: [{ name: 'a', shape: [8] }] }));
    const header = await readGgufHeader(source);
    const aborted = AbortSignal.abort(new Error('stop'));
    const run = checkTensors([{ source, header }], [], ports, aborted);
    await expect(runToEnd(run, () => undefined)).rejects.toThrow('stop');
  });
});

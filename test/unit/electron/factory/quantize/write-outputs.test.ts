// The one pass as its callers see it: results, resume, cancel, refusals. Byte identity is test/golden/quantize.
import { createHash } from 'node:crypto';
import { appendFile, link, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeOutputs, type WriteOptions } from '#electron/factory/quantize/write-outputs.ts';
import type { OutputRequest, WrittenOutput } from '#electron/factory/quantize/output-session.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { stringArrayEntry, stringEntry } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import type { LowRankDelta } from '#src/model/row-combination.ts';
import { combineRows } from '#src/stages/merge/combine-rows.ts';
import { makeOutputPlan, type OutputPlan } from '#src/stages/quantize/output-plan.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { openModel, readFloats, tensorNamed } from '#test/helpers/build-base-model.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

let folder: string;
let input: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-'));
  input = join(folder, 'input.gguf');
  await writeFile(input, modelFile());
});
afterEach(() => rm(folder, { recursive: true }));

const shapes: Record<string, number[]> = {
  'token_embd.weight': [256, 64],
  'output_norm.weight': [256],
  'blk.0.attn_q.weight': [256, 300],
  'blk.0.ffn_up_exps.weight': [256, 70, 3],
  'blk.1.attn_q.weight': [256, 300],
};

function modelFile(change: (name: string, values: Float32Array) => void = () => undefined) {
  const tensors = Object.entries(shapes).map(([name, shape], index) => {
    const data = seededFloats(index, shape.reduce((product, size) => product * size, 1)); // prettier-ignore
    change(name, data);
    return { name, shape, data };
  });
  return buildGguf({ metadata: [stringEntry('general.name', 'x')], tensors });
}

const openInput = async () => openModel(await readFile(input), 'input.gguf');
const outputPath = (label: string) => join(folder, `${label}.gguf`);

/** Matrices in `type`, vectors as they are. */
function planOf(model: ModelView, type: GgmlType, more = model.metadata): OutputPlan {
  return makeOutputPlan({
    label: type,
    metadata: more,
    tensors: model.tensors.map((source) => ({
      source,
      name: source.name,
      type: source.shape.length > 1 ? type : source.type,
    })),
  });
}

const requestsOf = (model: ModelView, ...types: GgmlType[]): OutputRequest[] =>
  types.map((type) => ({ plan: planOf(model, type), path: outputPath(type) }));

async function write(
  requests: readonly OutputRequest[],
  options: Partial<WriteOptions> = {},
  events: StageEvent[] = [],
): Promise<readonly WrittenOutput[]> {
  const all = { inputs: [input], threads: 2, slabBytes: 64 * 1024, ...options };
  return runToEnd(writeOutputs(requests, all), (event) => events.push(event));
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The model with `before` called before every read. */
function withReads(model: ModelView, before: (tensor: TensorView, row: number) => void): ModelView {
  return {
    ...model,
    tensors: model.tensors.map((tensor) => ({
      ...tensor,
      readRows: (firstRow, rowCount, target, signal) => {
        before(tensor, firstRow);
        return tensor.readRows(firstRow, rowCount, target, signal);
      },
    })),
  };
}

/** The model with a random rank-3 delta on every matrix. */
function merged(model: ModelView, seed: number, scale = 0.5): ModelView {
  const deltaOf = ({ shape }: TensorView): LowRankDelta => {
    const [columns = 1, ...rest] = shape;
    const rows = rest.reduce((product, size) => product * size, 1);
    return {
      adapter: 'test',
      rank: 3,
      scale,
      a: seededFloats(seed, 3 * columns),
      b: seededFloats(seed + 1, rows * 3),
    };
  };
  return {
    ...model,
    tensors: model.tensors.map((tensor) =>
      tensor.shape.length < 2
        ? tensor
        : {
            ...tensor,
            loadCombination: () =>
              Promise.resolve({ method: 'sum', firstRow: 0, deltas: [deltaOf(tensor)] } as const),
          },
    ),
  };
}

describe('writing outputs', () => {
  it('gives sizes and hashes that the files have', async () => {
    const events: StageEvent[] = [];
    const written = await write(requestsOf(await openInput(), 'Q4_K', 'F16', 'F32'), {}, events);
    for (const { path, bytes, sha256: hash } of written) {
      const file = await readFile(path);
      expect(file.length).toBe(bytes);
      expect(sha256(file)).toBe(hash);
    }
    expect(await readFile(outputPath('F32'))).toEqual(await readFile(input));
    expect((await readdir(folder)).sort()).toEqual(['F16.gguf', 'F32.gguf', 'Q4_K.gguf', 'input.gguf']); // prettier-ignore
    const artifacts = events.filter(({ event }) => event === 'artifact');
    expect(artifacts).toHaveLength(3);
  });

  it('reports progress that only rises, up to the total', async () => {
    const events: StageEvent[] = [];
    await write(requestsOf(await openInput(), 'Q4_K', 'Q8_0'), {}, events);
    const progress = events.filter((event) => event.event === 'progress');
    const done = progress.map((event) => event.done);
    expect(done).toEqual([...done].sort((left, right) => left - right));
    expect(done.at(-1)).toBe(progress.at(-1)?.total);
    expect(progress.length).toBeGreaterThan(5);
    const efforts = progress.map(({ effort }) => effort?.done ?? 0);
    expect(efforts).toEqual([...efforts].sort((left, right) => left - right));
    expect(efforts.at(-1)).toBeCloseTo(progress.at(-1)?.effort?.total ?? 0, 9);
    expect(efforts[0]).toBeGreaterThan(0);
  });

  it('reads the source once however many outputs there are', async () => {
    let reads = 0;
    const counted = withReads(await openInput(), () => reads++);
    await write(requestsOf(counted, 'Q4_K'));
    const once = reads;
    reads = 0;
    await write(requestsOf(counted, 'Q5_K', 'Q6_K', 'Q8_0', 'F16'));
    expect(reads).toBe(once);
  });

  it('reads one slab at a time', async () => {
    const model = await openInput();
    const largest: number[] = [];
    const watched: ModelView = {
      ...model,
      tensors: model.tensors.map((tensor) => ({
        ...tensor,
        readRows: (firstRow, rowCount, target, signal) => {
          largest.push(target.byteLength);
          return tensor.readRows(firstRow, rowCount, target, signal);
        },
      })),
    };
    await write(requestsOf(watched, 'Q8_0'), { slabBytes: 8 * 1024 });
    expect(Math.max(...largest)).toBe(8 * 1024);
  });

  it('adds adapters on the workers as their definition does', async () => {
    const model = merged(await openInput(), 11);
    await write(requestsOf(model, 'F32'), { slabBytes: 10_000 });
    const result = await openModel(await readFile(outputPath('F32')));
    for (const tensor of model.tensors) {
      const expected = await readFloats(tensor);
      const combination = await tensor.loadCombination?.();
      const columns = tensor.shape[0]!;
      if (combination !== undefined) {
        combineRows(expected, 0, expected.length / columns, columns, combination);
      }
      expect(await readFloats(tensorNamed(result, tensor.name))).toEqual(expected);
    }
  });

  it('quantizes a merge as it quantizes the F32 file of that merge', async () => {
    const types = ['Q4_K', 'Q6_K', 'Q8_0', 'F16'] as const;
    const model = merged(await openInput(), 5);
    await write(requestsOf(model, 'F32', ...types));
    const stored = await openModel(await readFile(outputPath('F32')));
    for (const type of types) {
      const direct = await readFile(outputPath(type));
      await write(requestsOf(stored, type), { overwrite: true });
      expect(await readFile(outputPath(type))).toEqual(direct);
    }
  });

  it('fills in the hashes of tensors', async () => {
    const model = await openInput();
    const placeholder = stringArrayEntry('studio.tensor.sha256', model.tensors.map(() => '0'.repeat(64))); // prettier-ignore
    const plan = planOf(model, 'Q4_K', [...model.metadata, placeholder]);
    const path = outputPath('filled');
    const [written] = await write([{ plan, path, fillTensorHashes: true }]);
    const file = await readFile(path);
    expect(sha256(file)).toBe(written!.sha256);
    const header = await readGgufHeader(memoryByteSource(file));
    const hashes = header.tensors.map(({ offset, byteLength }) => {
      const start = header.dataOffset + offset;
      return sha256(file.subarray(start, start + byteLength));
    });
    expect(header.metadata.at(-1)?.value).toMatchObject({ value: hashes });
    expect(written!.tensorHashes).toEqual(hashes);
  });

  it('writes tensors in whatever order each output has them', async () => {
    const model = await openInput();
    const reversed = { ...planOf(model, 'Q8_0'), tensors: [...planOf(model, 'Q8_0').tensors].reverse() }; // prettier-ignore
    const plan = makeOutputPlan({ ...reversed, label: 'reversed' });
    const [, written] = await write([
      ...requestsOf(model, 'Q8_0'),
      { plan, path: outputPath('reversed') },
    ]);
    expect(sha256(await readFile(outputPath('reversed')))).toBe(written!.sha256);
    const straight = await openModel(await readFile(outputPath('Q8_0')));
    const result = await openModel(await readFile(outputPath('reversed')));
    expect(result.tensors.map(({ name }) => name)).toEqual(straight.tensors.map(({ name }) => name).reverse()); // prettier-ignore
  });
});

describe('interrupted runs', () => {
  /** Starts a run that is cancelled when it reads the last tensor, and keeps its partial files. */
  async function interrupt(model: ModelView, ...types: GgmlType[]): Promise<void> {
    const stop = new AbortController();
    const last = model.tensors.at(-1)!;
    const stopping = withReads(model, ({ name }) => {
      if (name === last.name) stop.abort(new StudioError('cancelled', 'stopped by the test'));
    });
    const run = write(requestsOf(stopping, ...types), { signal: stop.signal, keepPartial: true });
    await expectRefusal(run, 'cancelled');
  }

  it('go on at the first tensor that is not finished', async () => {
    const model = await openInput();
    await interrupt(model, 'Q4_K', 'F16');
    const read = new Set<string>();
    const watched = withReads(model, ({ name }) => read.add(name));
    const events: StageEvent[] = [];
    const written = await write(requestsOf(watched, 'Q4_K', 'F16'), {}, events);
    expect(written[0]!.reusedTensors).toBeGreaterThanOrEqual(2);
    expect(read.size + written[0]!.reusedTensors).toBe(model.tensors.length);
    expect(events.some((event) => event.event === 'phase' && event.phase === 'resume')).toBe(true);
    const resumed = await Promise.all(written.map(({ path }) => readFile(path)));
    expect(resumed.map(sha256)).toEqual(written.map(({ sha256: hash }) => hash));
    await write(requestsOf(model, 'Q4_K', 'F16'), { overwrite: true });
    const fresh = await Promise.all(written.map(({ path }) => readFile(path)));
    expect(resumed.map(sha256)).toEqual(fresh.map(sha256));
  });

  it('do not trust tensors whose bytes changed', async () => {
    const model = await openInput();
    await interrupt(model, 'Q8_0');
    const partial = `${outputPath('Q8_0')}.partial`;
    const bytes = await readFile(partial);
    const { dataOffset } = planOf(model, 'Q8_0').header;
    bytes[dataOffset + 7]! ^= 1;
    await writeFile(partial, bytes);
    const resumed = await write(requestsOf(model, 'Q8_0'));
    const [fresh] = await write(requestsOf(model, 'Q8_0'), { overwrite: true });
    expect(resumed[0]!.sha256).toBe(fresh!.sha256);
  });

  it('start over when the input changed', async () => {
    const model = await openInput();
    await interrupt(model, 'Q8_0');
    await appendFile(input, 'x');
    const [written] = await write(requestsOf(model, 'Q8_0'));
    expect(written!.reusedTensors).toBe(0);
  });

  it('start over for another plan', async () => {
    const model = await openInput();
    await interrupt(model, 'Q8_0');
    const plan = planOf(model, 'Q8_0', [...model.metadata, stringEntry('more', 'x')]);
    const [written] = await write([{ plan, path: outputPath('Q8_0') }]);
    expect(written!.reusedTensors).toBe(0);
  });

  it('do not take over tensors that were merged with other factors', async () => {
    const model = await openInput();
    await interrupt(merged(model, 1), 'Q8_0');
    const [same] = await write(requestsOf(merged(model, 1), 'Q8_0'));
    expect(same!.reusedTensors).toBeGreaterThanOrEqual(2);
    await rm(outputPath('Q8_0'));
    await interrupt(merged(model, 1), 'Q8_0');
    const [other] = await write(requestsOf(merged(model, 1, 0.25), 'Q8_0'));
    // Behind a tensor that is made anew the file's hash so far holds for nothing.
    expect(other!.reusedTensors).toBe(0);
  });

  it('leave nothing behind when cancelled without a wish to go on', async () => {
    const stop = new AbortController();
    const model = withReads(await openInput(), (_, row) => {
      if (row > 0) stop.abort(new StudioError('cancelled', 'stopped by the test'));
    });
    await expectRefusal(write(requestsOf(model, 'Q8_0'), { signal: stop.signal }), 'cancelled');
    expect(await readdir(folder)).toEqual(['input.gguf']);
    await expectRefusal(write(requestsOf(model, 'Q8_0'), { signal: stop.signal }), 'cancelled');
  });

  it('clean up when nobody wants the rest of their events', async () => {
    const run = writeOutputs(requestsOf(await openInput(), 'Q8_0'), { inputs: [input] });
    await run.next();
    await run.return([]);
    expect(await readdir(folder)).toEqual(['input.gguf']);
  });
});

describe('refusals', () => {
  it.each([NaN, Infinity])('name the tensor, row and column of a %s', async (value) => {
    await writeFile(input, modelFile((name, values) => {
      if (name === 'blk.0.ffn_up_exps.weight') values[256 * 150 + 17] = value;
    })); // prettier-ignore
    const refusal = await expectRefusal(
      write(requestsOf(await openInput(), 'Q8_0')),
      'quantize/failed',
      `blk.0.ffn_up_exps.weight holds ${value} at row 150, column 17`,
    );
    expect(refusal.details).toMatchObject({ where: 'source' });
    expect(await readdir(folder)).toEqual(['input.gguf']);
  });

  it('hold for copied tensors, too', async () => {
    await writeFile(
      input,
      modelFile((_, values) => values.fill(NaN, 1, 2)),
    );
    await expectRefusal(write(requestsOf(await openInput(), 'F32')), 'quantize/failed');
  });

  it('tell a merge that overflows from a source that is broken', async () => {
    const model = merged(await openInput(), 3, 3e38);
    await expectRefusal(write(requestsOf(model, 'Q8_0')), 'quantize/failed', /^Merging gives -?Infinity/); // prettier-ignore
  });

  it('tell values that are too large for the type', async () => {
    await writeFile(
      input,
      modelFile((_, values) => values.fill(1e30, 5, 6)),
    );
    await expectRefusal(write(requestsOf(await openInput(), 'F16')), 'quantize/failed', 'as F16');
  });

  it("throw a plan's problem before anything is touched", async () => {
    const model = await openInput();
    const plan = { ...planOf(model, 'Q8_0'), problems: [new StudioError('quantize/requantize', 'no')] }; // prettier-ignore
    await expectRefusal(write([{ plan, path: outputPath('x') }]), 'quantize/requantize');
    expect(await readdir(folder)).toEqual(['input.gguf']);
  });

  it('protect inputs, also behind links, and existing files', async () => {
    const [request] = requestsOf(await openInput(), 'Q8_0');
    const before = await readFile(input);
    await link(input, join(folder, 'hard.gguf'));
    await symlink(input, join(folder, 'soft.gguf'));
    for (const name of ['input.gguf', 'hard.gguf', 'soft.gguf']) {
      const same = [{ ...request!, path: join(folder, name) }];
      await expectRefusal(write(same, { overwrite: true }), 'output/is-input');
    }
    await writeFile(outputPath('Q8_0'), 'old');
    await expectRefusal(write([request!]), 'output/exists');
    expect(await readFile(outputPath('Q8_0'), 'utf8')).toBe('old');
    expect(await readFile(input)).toEqual(before);
    await write([request!], { overwrite: true });
    expect((await stat(outputPath('Q8_0'))).size).toBe(request!.plan.header.fileSize);
  });

  it('keep two runs apart', async () => {
    const model = await openInput();
    const first = writeOutputs(requestsOf(model, 'Q8_0'), { inputs: [input], keepPartial: true });
    for (;;) {
      const { value } = await first.next();
      if (value !== undefined && 'event' in value && value.event === 'phase') break;
    }
    await expectRefusal(write(requestsOf(model, 'F16', 'Q8_0')), 'build/locked');
    await runToEnd(first, () => undefined);
    expect((await readdir(folder)).filter((name) => name.startsWith('F16'))).toEqual([
      'F16.gguf.partial',
      'F16.gguf.partial.journal',
    ]);
    await write(requestsOf(model, 'F16'));
  });
});

const realPost = Object.getOwnPropertyDescriptor(Worker.prototype, 'postMessage')!.value as (
  this: Worker,
  value: unknown,
) => void;

describe('a row worker that dies in the middle', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('ends the run with the reason and no half file; the next run goes on', async () => {
    // A message that no worker expects: its thread ends by an uncaught error, with another slab in its hands.
    let tasks = 0;
    const post = vi.spyOn(Worker.prototype, 'postMessage');
    post.mockImplementation(function (this: Worker, value: unknown) {
      realPost.call(this, value !== 'end' && ++tasks === 10 ? null : value);
    });
    const model = await openInput();
    const refusal = await expectRefusal(
      write(requestsOf(model, 'Q8_0'), { slabBytes: 8 * 1024 }),
      'native/crashed',
      'A row worker stopped unexpectedly',
    );
    expect(refusal.kind).toBe('environment');
    vi.restoreAllMocks();
    expect((await readdir(folder)).sort()).toEqual([
      'Q8_0.gguf.partial',
      'Q8_0.gguf.partial.journal',
      'input.gguf',
    ]);
    const [resumed] = await write(requestsOf(model, 'Q8_0'));
    const [fresh] = await write(requestsOf(model, 'Q8_0'), { overwrite: true });
    expect(resumed!.sha256).toBe(fresh!.sha256);
  });
});

describe('the number of workers', () => {
  it('changes no byte: one core gives what two give', async () => {
    const model = merged(await openInput(), 7);
    const types = ['Q4_K', 'Q3_K', 'F16'] as const;
    const two = await write(requestsOf(model, ...types), { threads: 2 });
    const one = await write(requestsOf(model, ...types), { threads: 1, overwrite: true });
    expect(one.map(({ sha256: hash }) => hash)).toEqual(two.map(({ sha256: hash }) => hash));
  });
});

describe('the check before a file gets its name', () => {
  it('sees the finished partial file', async () => {
    const seen: string[] = [];
    const [written] = await write(requestsOf(await openInput(), 'Q8_0'), {
      check: async (partialPath, facts) => {
        expect(partialPath).toBe(`${facts.path}.partial`);
        seen.push(sha256(await readFile(partialPath)));
        return undefined;
      },
    });
    expect(seen).toEqual([written?.sha256]);
  });

  it('keeps a refused file under another name and finishes the others', async () => {
    const run = write(requestsOf(await openInput(), 'Q8_0', 'F16', 'Q4_K'), {
      check: (partialPath) =>
        partialPath.includes('F16')
          ? Promise.reject(new StudioError('validate/failed', 'It prints one token for ever.'))
          : Promise.resolve(undefined),
    });
    const refusal = await expectRefusal(run, 'validate/failed', 'one token for ever');
    expect(refusal.details).toMatchObject({ rejected: `${outputPath('F16')}.rejected` });
    expect((await readdir(folder)).sort()).toEqual([
      'F16.gguf.rejected',
      'Q4_K.gguf',
      'Q8_0.gguf',
      'input.gguf',
    ]);
  });

  it('keeps the work when the check itself breaks', async () => {
    const run = write(requestsOf(await openInput(), 'Q8_0'), {
      check: () => Promise.reject(new StudioError('native/crashed', 'The host stopped.')),
    });
    await expectRefusal(run, 'native/crashed');
    const [written] = await write(requestsOf(await openInput(), 'Q8_0'));
    expect(written!.reusedTensors).toBe(Object.keys(shapes).length);
  });
});

describe('equal encodings', () => {
  it('go to all outputs that want them', async () => {
    const model = await openInput();
    const plan = planOf(model, 'Q6_K');
    const [first, second] = await write([
      { plan, path: outputPath('first') },
      { plan, path: outputPath('second') },
    ]);
    expect(second!.sha256).toBe(first!.sha256);
    expect(await readFile(outputPath('second'))).toEqual(await readFile(outputPath('first')));
  });
});

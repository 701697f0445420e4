// A run on the disk: written whole or not at all, read back token by token, one position computed again.
import { cp, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluate } from '#electron/factory/methods/evaluate.ts';
import { quantize } from '#electron/factory/methods/quantize.ts';
import { readDrift, readPosition } from '#electron/factory/methods/read-drift.ts';
import { nativeLibrary } from '#electron/factory/native-library.ts';
import { evaluateParams, type EvaluateResult } from '#src/contract/quality/evaluate.ts';
import { runSchema } from '#src/contract/quality/run.ts';
import { seedlingBase, seedlingText } from '#test/helpers/measured-files.ts';

const oldHome = process.env['GGUF_STUDIO_HOME'];
const context = { signal: new AbortController().signal, emit: () => undefined };
let folder = '';
let result: EvaluateResult;
const runFolder = () => join(folder, 'measurements', 'first');
const place = { subject: 'q2', text: 'prose', chunk: 1 };

const params = (id: string, file: string) =>
  evaluateParams.parse({
    folder: join(folder, 'measurements'),
    id,
    title: 'First',
    reference: { path: seedlingBase },
    subjects: [{ id: 'q2', label: 'Q2_K', path: join(folder, file) }],
    texts: [{ id: 'prose', title: 'Prose', paths: [seedlingText('prose')] }],
    contextSize: 64,
    chunks: 3,
    threads: 1,
    tensorErrors: true,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-'));
  process.env['GGUF_STUDIO_HOME'] = join(folder, 'home');
  nativeLibrary();
  const outputs = [{ level: 'Q2_K' as const, path: join(folder, 'q2.gguf') }];
  const options = { tensorTypes: [], pure: false, leaveOutputTensor: false, pruneLayers: [], allowRequantize: false, overrides: [], dryRun: false, makeFolders: false, overwrite: false, validate: false }; // prettier-ignore
  await quantize({ input: seedlingBase, outputs, ...options }, context);
  result = await evaluate(params('first', 'q2.gguf'), context);
});
afterAll(async () => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  await rm(folder, { recursive: true });
});

it('writes the run that it answers, and nothing beside it', async () => {
  const written = JSON.parse(await readFile(result.path, 'utf8')) as unknown;
  expect(runSchema.parse(written)).toEqual(result.run);
  expect(await readdir(join(folder, 'measurements'))).toEqual(['first']);
  expect(result.run).toMatchObject({
    references: [{ id: 'reference', architecture: 'llama', vocabularySize: 4096 }],
    referenceOf: { q2: 'reference' },
    subjects: [{ id: 'q2', level: 'Q2_K' }],
    texts: [{ id: 'prose', chunks: 3, scoredTokens: 93 }],
    conditions: { mode: 'reference', contextSize: 64 },
  });
});

it('tells the rounding error of every tensor', () => {
  const [errors] = result.run.tensors;
  const byType = (type: string) => errors!.tensors.filter((tensor) => tensor.type === type);
  for (const tensor of byType('F32')) expect(tensor.relativeError).toBe(0);
  const q2 = byType('Q2_K').map((tensor) => tensor.relativeError!);
  const q6 = byType('Q6_K').map((tensor) => tensor.relativeError!);
  expect(q2.length).toBeGreaterThan(4);
  for (const error of q2) expect(error).toBeGreaterThan(0.02);
  for (const error of q2) expect(error).toBeLessThan(0.2);
  for (const error of q6) expect(error).toBeLessThan(0.002);
});

it('reads a chunk token by token: context first, then what was scored', async () => {
  const drift = await readDrift({ runFolder: runFolder(), ...place }, context);
  expect(drift).toMatchObject({ subject: 'q2', chunk: 1, chunks: 3 });
  expect(drift.tokens).toHaveLength(64);
  expect(drift.tokens.slice(0, 33).every(({ kld }) => kld === undefined)).toBe(true);
  const scored = drift.tokens.slice(33);
  const mean = scored.reduce((sum, { kld }) => sum + kld!, 0) / scored.length;
  expect(mean).toBeCloseTo(result.run.measurements[0]!.chunks.kld[1]!, 6);
  const likelihood = scored.reduce((sum, { p }) => sum - Math.log(p!), 0) / scored.length;
  expect(likelihood).toBeCloseTo(result.run.measurements[0]!.chunks.nll[1]!, 4);
  const text = drift.tokens.map((token) => token.text).join('');
  const source = await readFile(seedlingText('prose'), 'utf8');
  expect(source.replace(/\s+/g, ' ')).toContain(text.replace(/\s+/g, ' ').trim());
});

it('computes one position again, with the figures that were measured', async () => {
  const token = 50;
  const { tokens } = await readDrift({ runFolder: runFolder(), ...place }, context);
  const position = await readPosition(
    { runFolder: runFolder(), ...place, token, threads: 1 },
    context,
  );
  const actual = position.tokens.find(({ id }) => id === position.actual.id)!;
  expect(actual.p).toBeCloseTo(tokens[token]!.p!, 4);
  expect(actual.pBase).toBeCloseTo(tokens[token]!.pBase!, 4);
  expect(actual.text).toBe(tokens[token]!.text);
  const shares = position.tokens.map(({ pBase }) => pBase);
  expect(shares).toEqual([...shares].sort((a, b) => b - a));
  expect(shares.length).toBeGreaterThanOrEqual(20);
});

it('refuses what the run does not have, and files that were changed since', async () => {
  const ask = (change: object) =>
    readDrift({ runFolder: runFolder(), ...place, ...change }, context);
  for (const change of [{ subject: '../q2' }, { text: 'other' }, { chunk: 3 }]) {
    await expect(ask(change)).rejects.toMatchObject({ code: 'usage/invalid' });
  }
  await expect(ask({ runFolder: join(folder, 'none') })).rejects.toMatchObject({ code: 'io/not-found' }); // prettier-ignore
  await truncate(join(runFolder(), 'scores', 'q2', 'prose.scores'), 100);
  await expect(ask({})).rejects.toMatchObject({ code: 'run/invalid' });
  await cp(seedlingText('prose'), join(runFolder(), 'texts', 'prose.tokens'));
  await expect(ask({})).rejects.toMatchObject({ code: 'run/invalid' });
});

it('does not write over a run, and leaves nothing of one that failed', async () => {
  await expect(evaluate(params('first', 'q2.gguf'), context)).rejects.toMatchObject({ code: 'output/exists' }); // prettier-ignore
  await expect(evaluate(params('second', 'none.gguf'), context)).rejects.toMatchObject({ code: 'io/not-found' }); // prettier-ignore
  expect(await readdir(join(folder, 'measurements'))).toEqual(['first']);
});

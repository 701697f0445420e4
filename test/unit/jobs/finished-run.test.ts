// An evaluation that is run again after its process was killed while the speed of its files was timed.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { evaluateParams } from '#src/contract/quality/evaluate.ts';
import type { CallFactory } from '#src/jobs/call-factory.ts';
import { workOfRequest } from '#src/jobs/run-request.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';

function writtenRun() {
  const run = buildQualityRun([
    { id: 'Q4_K_M', bytes: 3, kld: { general: [0.1, 0.2] }, peakRamBytes: 5 },
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'finished-'));
  mkdirSync(join(folder, run.id));
  const path = join(folder, run.id, 'run.json');
  writeFileSync(path, JSON.stringify({ ...run, speed: [] }));
  const params = evaluateParams.parse({
    folder,
    id: run.id,
    title: run.title,
    reference: { path: run.references[0]?.path },
    subjects: run.subjects.map(({ id, label, path }) => ({ id, label, path })),
    texts: run.texts.map(({ id, title, paths }) => ({ id, title, paths })),
    mode: 'full',
  });
  return { path, params, speed: run.speed };
}

async function runAgain(params: ReturnType<typeof writtenRun>['params'], speed: unknown) {
  const called: string[] = [];
  const call = ((method: string) => {
    called.push(method);
    if (method === 'benchSpeed') return Promise.resolve({ speed });
    return Promise.reject(new Error('measured again'));
  }) as unknown as CallFactory;
  const work = workOfRequest({ kind: 'evaluate', params, speed: true }, call);
  const result = await work(() => undefined, new AbortController().signal).catch(
    (error: unknown) => error,
  );
  return { called, result };
}

it('takes the run that is there and times it', async () => {
  const { path, params, speed } = writtenRun();
  const { called, result } = await runAgain(params, speed);
  expect(called).toEqual(['benchSpeed']);
  expect(result).toMatchObject({ run: 'run-1' });
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ speed });
});

it('does not take the run of other files for its own', async () => {
  const { params, speed } = writtenRun();
  const subjects = params.subjects.map((subject) => ({ ...subject, path: '/models/other.gguf' }));
  const { called, result } = await runAgain({ ...params, subjects }, speed);
  expect(called).toEqual(['evaluate']);
  expect(result).toMatchObject({ message: 'measured again' });
});

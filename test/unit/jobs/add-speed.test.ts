import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EvaluateParams } from '#src/contract/quality/evaluate.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { addSpeed } from '#src/jobs/add-speed.ts';
import type { CallFactory } from '#src/jobs/call-factory.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';

function writtenRun() {
  const run = buildQualityRun([
    { id: 'Q4_K_M', bytes: 3, kld: { general: [0.1, 0.2] }, peakRamBytes: 5 },
  ]);
  const path = join(mkdtempSync(join(tmpdir(), 'speed-')), 'run.json');
  const bare = { ...run, speed: [] };
  writeFileSync(path, JSON.stringify(bare));
  const read = () => JSON.parse(readFileSync(path, 'utf8')) as Run;
  return { result: { path, run: bare, seconds: 1 }, speed: run.speed, read };
}

const params = { subjects: [], gpuLayers: 0 } as unknown as EvaluateParams;

async function add(call: unknown, controller = new AbortController()) {
  const written = writtenRun();
  const events: StageEvent[] = [];
  const onEvent = (event: StageEvent) => events.push(event);
  const options = { signal: controller.signal, onEvent };
  await addSpeed(written.result, params, call as CallFactory, options);
  const notices = events.flatMap((event) => (event.event === 'notice' ? [event.message] : []));
  return { ...written, notices };
}

describe('the speed of a measured run', () => {
  it('is written into it', async () => {
    const { speed } = writtenRun();
    const { read, notices } = await add(() => Promise.resolve({ speed }));
    expect(read().speed).toEqual(speed);
    expect(notices).toEqual([]);
  });

  it('is left out with the reason when it cannot be measured', async () => {
    const { read, notices } = await add(() =>
      Promise.reject(new StudioError('memory/short', 'The model does not fit.')),
    );
    expect(read().speed).toEqual([]);
    expect(notices).toEqual(['Speed was not measured: The model does not fit.']);
  });

  it('is left out after a cancel, because the run is whole by then', async () => {
    const controller = new AbortController();
    const call = () => {
      controller.abort();
      return Promise.reject(new StudioError('cancelled', 'Cancelled.'));
    };
    const { read, notices } = await add(call, controller);
    expect(read().measurements).toHaveLength(1);
    expect(notices).toEqual(['Speed was not measured: it was cancelled.']);
  });

  it('does not hide a mistake of ours', async () => {
    await expect(
      add(() => Promise.reject(new TypeError('undefined is no function'))),
    ).rejects.toThrow('undefined is no function');
  });
});

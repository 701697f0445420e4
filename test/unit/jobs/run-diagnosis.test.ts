import { describe, expect, it } from 'vitest';
import type { Behaviour, Diagnosis, DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import { findingOf } from '#src/doctor/findings.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { diagnoseFiles } from '#src/jobs/diagnose-files.ts';
import { runDiagnosis, type CallDoctor } from '#src/jobs/run-diagnosis.ts';

const path = '/models/a-00002-of-00002.gguf';
const sound: Diagnosis = {
  path,
  bytes: 100,
  modified: 1,
  kind: 'model',
  title: 'llama, Q8_0, 1 tensors',
  verdict: 'healthy',
  checks: [],
  findings: [],
  map: [{ offset: 0, size: 100, kind: 'tensor', name: 'a', damaged: [] }],
  parts: ['a-00001-of-00002.gguf'],
  seconds: 0,
};
const answered: Behaviour = {
  check: { area: 'behaviour', state: 'passed', summary: 'It answers.', seconds: 1 },
  findings: [],
  answers: [],
};

/** A factory that gives `diagnosis` and probes by `probe`. */
function doctor(
  diagnosis: Diagnosis | StudioError,
  probe: (path: string) => Behaviour,
): CallDoctor {
  const call = (method: string, params: { path: string }) => {
    if (method === 'probeBehaviour') return Promise.resolve().then(() => probe(params.path));
    return diagnosis instanceof Error ? Promise.reject(diagnosis) : Promise.resolve(diagnosis);
  };
  return call as unknown as CallDoctor;
}

const request = { path, depth: 'full', behaviour: true } as const;
const listen = () => {
  const events: DiagnosisEvent[] = [];
  const options = { signal: new AbortController().signal, onEvent: (event: DiagnosisEvent) => events.push(event) }; // prettier-ignore
  return { events, options };
};
const crash = (reason: string) => () => {
  throw new StudioError('native/crashed', 'The factory stopped.', { details: { reason, lastLines: ['GGML_ASSERT(x) failed'] } }); // prettier-ignore
};

describe('runDiagnosis', () => {
  it('loads a split by its first part', async () => {
    const asked: string[] = [];
    const probe = (given: string) => (asked.push(given), answered);
    const { behaviour } = await runDiagnosis(request, doctor(sound, probe), listen().options);
    expect(asked).toEqual(['/models/a-00001-of-00002.gguf']);
    expect(behaviour).toEqual(answered);
  });

  it('makes a finding of a process that ends over the file, and tells of it', async () => {
    const { events, options } = listen();
    const { behaviour } = await runDiagnosis(request, doctor(sound, crash('SIGABRT')), options);
    expect(behaviour?.findings).toMatchObject([
      { id: 'b1', code: 'behaviour/crash', severity: 'error' },
    ]);
    expect(behaviour?.findings[0]?.message).toContain('GGML_ASSERT');
    expect(events.filter(({ event }) => event === 'finding')).toHaveLength(1);
  });

  it('does not blame the file for a process that someone ended', async () => {
    const run = runDiagnosis(request, doctor(sound, crash('SIGKILL')), listen().options);
    await expect(run).rejects.toMatchObject({ code: 'native/crashed' });
  });

  it('loads nothing whose structure is damaged', async () => {
    const findings = [findingOf('f1', { code: 'structure/truncated', message: 'Cut.' })];
    const call = doctor({ ...sound, verdict: 'error', findings }, crash('SIGSEGV'));
    const { behaviour } = await runDiagnosis(request, call, listen().options);
    expect(behaviour?.check.state).toBe('skipped');
  });
});

describe('diagnoseFiles', () => {
  const asked = { paths: [path, '/models/b.gguf'], depth: 'full', behaviour: false } as const;

  it('has no failure when files are healthy or have notes only', async () => {
    const findings = [findingOf('f1', { code: 'file/big-endian', message: 'Big-endian.' })];
    const call = doctor({ ...sound, findings, verdict: 'info' }, () => answered);
    const { failure, files } = await diagnoseFiles({ ...asked, paths: [...asked.paths] }, call, listen().options); // prettier-ignore
    expect(failure).toBeUndefined();
    expect(files).toHaveLength(2);
  });

  it('fails as a check where something is wrong, as an input where a file is missing', async () => {
    const findings = [findingOf('f1', { code: 'values/all-zero', message: 'Zeros.' })];
    const paths = [...asked.paths];
    const bad = doctor({ ...sound, findings, verdict: 'error' }, () => answered);
    const found = await diagnoseFiles({ ...asked, paths }, bad, listen().options);
    expect(found.failure).toMatchObject({ code: 'doctor/found', exitCode: 1 });
    const gone = doctor(new StudioError('io/not-found', 'It does not exist.'), () => answered);
    const missing = await diagnoseFiles({ ...asked, paths }, gone, listen().options);
    expect(missing.failure).toMatchObject({ code: 'io/not-found', exitCode: 2 });
    expect(missing.files.map(({ error }) => error?.code)).toEqual(['io/not-found', 'io/not-found']);
  });
});

import { describe, expect, it } from 'vitest';
import {
  countVerdicts,
  findingsText,
  sortLines,
} from '#renderer/features/doctor/logic/batch-lines.ts';
import {
  inOrder,
  stoppedChecks,
  waitingChecks,
  withCheck,
} from '#renderer/features/doctor/logic/checklist.ts';
import { countText, sortFindings } from '#renderer/features/doctor/logic/doctor-words.ts';
import { evidenceRows, nameText } from '#renderer/features/doctor/logic/evidence-rows.ts';
import {
  bytesOf,
  firstChoice,
  sortLeftovers,
} from '#renderer/features/doctor/logic/leftover-words.ts';
import { segmentText } from '#renderer/features/doctor/logic/segment-text.ts';
import type { Leftover } from '#src/contract/leftovers.ts';
import { buildDiagnosis, buildFinding, buildMap } from '#test/helpers/build-diagnosis.ts';

describe('the checklist', () => {
  it('has seven lines from the start and fills them in at their places', () => {
    const next = withCheck(waitingChecks(), {
      area: 'metadata',
      state: 'running',
      summary: '',
      seconds: 0,
    });
    expect(next).toHaveLength(7);
    expect(next[3]).toMatchObject({ area: 'metadata', state: 'running' });
  });

  it('says of a stopped check what did not run', () => {
    const stopped = stoppedChecks(
      withCheck(waitingChecks(), { area: 'structure', state: 'passed', summary: '', seconds: 1 }),
      'Stopped.',
    );
    expect(stopped.map(({ state }) => state)).toEqual([
      'passed',
      ...Array.from({ length: 6 }, () => 'skipped'),
    ]);
  });

  it('counts what a diagnosis left out as skipped', () => {
    expect(inOrder([]).every(({ state }) => state === 'skipped')).toBe(true);
  });
});

describe('findings in words', () => {
  it('are counted by severity', () => {
    const findings = [
      buildFinding(),
      buildFinding({ severity: 'warning' }),
      buildFinding(),
      buildFinding({ severity: 'info' }),
    ];
    expect(countText(findings)).toBe('2 errors, 1 warning, 1 note');
    expect(sortFindings(findings).map(({ severity }) => severity)).toEqual([
      'error',
      'error',
      'warning',
      'info',
    ]);
    expect(countText([])).toBe('');
  });

  it('show any evidence as text', () => {
    expect(
      evidenceRows({
        firstRow: 12_345,
        share: 0.123456,
        tokens: ['a', 'b'],
        expected: { sha256: 'ab', ok: true },
        nothing: null,
        tiny: 3.2e-9,
      }),
    ).toEqual([
      { name: 'first row', value: '12,345' },
      { name: 'share', value: '0.12346' },
      { name: 'tokens', value: 'a, b' },
      { name: 'expected', value: 'sha256 ab, ok yes' },
      { name: 'nothing', value: 'none' },
      { name: 'tiny', value: '3.200e-9' },
    ]);
    expect(evidenceRows({ long: 'x'.repeat(5000) })[0]?.value).toHaveLength(401);
    expect(nameText('tokenizer.ggml.pre')).toBe('tokenizer.ggml.pre');
  });

  it('say of a part what and where it is', () => {
    const [segment] = buildMap([{ name: 'a.weight', type: 'Q4_K', size: 2000 }]);
    if (segment === undefined) throw new Error('There is one.');
    expect(segmentText(segment)).toBe('a.weight, Q4_K, bytes 0 to 1,999, 2.00 kB');
    const damaged = { ...segment, damaged: [{ offset: 3, size: 1, finding: 'f1' }] };
    expect(segmentText(damaged)).toMatch(/, 1 damaged range$/);
    expect(segmentText(damaged, true)).toBe('bytes 0 to 1,999, 2.00 kB');
  });
});

describe('the lines of a folder', () => {
  const line = (name: string, bytes: number, findings?: ReturnType<typeof buildFinding>[]) => ({
    file: { name, path: `/models/${name}`, bytes },
    ...(findings === undefined ? {} : { result: { diagnosis: buildDiagnosis({ findings }) } }),
  });
  const lines = [
    line('m-10.gguf', 3),
    line('m-2.gguf', 5, []),
    line('m-1.gguf', 1, [buildFinding({ severity: 'info', message: 'Note.' }), buildFinding()]),
  ];

  it('tell the worst finding and how many verdicts there are', () => {
    expect(lines.map(findingsText)).toEqual(['', '', `${buildFinding().message} (and 1 more)`]);
    expect(countVerdicts(lines)).toEqual([
      { verdict: 'damaged', count: 1 },
      { verdict: 'healthy', count: 1 },
    ]);
  });

  it('are sorted by verdict, size and name', () => {
    const names = (column: string) =>
      sortLines(lines, { column, descending: false }).map(({ file }) => file.name);
    expect(names('verdict')).toEqual(['m-1.gguf', 'm-2.gguf', 'm-10.gguf']);
    expect(names('size')).toEqual(['m-1.gguf', 'm-10.gguf', 'm-2.gguf']);
    expect(names('name')).toEqual(['m-1.gguf', 'm-2.gguf', 'm-10.gguf']);
    expect(sortLines(lines, undefined)).toBe(lines);
  });
});

describe('leftovers', () => {
  const leftover = (path: string, kind: Leftover['kind'], bytes: number): Leftover => ({
    path,
    kind,
    bytes,
    companions: [],
  });
  const leftovers = [
    leftover('/w/a.partial', 'partial', 10),
    leftover('/w/b.rejected', 'rejected', 20),
    leftover('/w/c', 'cache', 30),
  ];

  it('are offered for deletion only where nobody can use them again', () => {
    const chosen = firstChoice(leftovers);
    expect([...chosen]).toEqual(['/w/b.rejected']);
    expect(bytesOf(leftovers, chosen)).toBe(20);
  });

  it('stand largest first', () => {
    expect(sortLeftovers(leftovers).map(({ bytes }) => bytes)).toEqual([30, 20, 10]);
  });
});

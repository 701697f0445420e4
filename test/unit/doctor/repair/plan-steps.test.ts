// Findings become steps: grouped by where tensors come from, lossy ones off until chosen.
import { describe, expect, it } from 'vitest';
import { findingOf, type Draft } from '#src/doctor/findings.ts';
import type { Means, TensorWay } from '#src/doctor/repair/means.ts';
import { planSteps } from '#src/doctor/repair/plan-steps.ts';
import { mergeRows } from '#src/doctor/repair/tensor-steps.ts';
import { uint32Entry } from '#src/formats/gguf/entries.ts';
import { recoverTensors, restoreAdapters } from '#test/helpers/repair-bench.ts';

const way = (trust: TensorWay['trust']): TensorWay => ({
  trust,
  from: 'Base',
  verb: 'Derive',
  readBytes: (rows) => (rows === undefined ? 100 : rows.length),
});
const means = (more: Partial<Means> = {}): Means => ({
  metadata: [uint32Entry('llama.block_count', 9)],
  keyOrder: [],
  tensor: () => way('exact'),
  present: () => ({ present: 100, all: 100 }),
  adapter: () => 'no file with its hash was found',
  parts: [],
  header: 'no recipe',
  wereAdded: () => false,
  isHeaderBroken: false,
  lostEntries: 0,
  isRecordsWhole: true,
  ...more,
});
const plan = (drafts: readonly Draft[], more: Partial<Means> = {}) =>
  planSteps(drafts.map((draft, index) => findingOf(`f${index + 1}`, draft)), means(more)); // prettier-ignore
const ids = (drafts: readonly Draft[], more: Partial<Means> = {}) =>
  plan(drafts, more).steps.map(({ step }) => step.id);

describe('planning steps', () => {
  it('makes one step of several findings about a tensor, and reads only the rows that were found', () => {
    const drafts = [
      recoverTensors('values/not-finite', ['a'], { first: 3, count: 2 }),
      recoverTensors('hashes/tensor', ['a']),
    ];
    const [only, ...others] = plan(drafts).steps;
    expect(others).toEqual([]);
    expect(only?.step).toMatchObject({ id: 'recover:a', findings: ['f1', 'f2'], readBytes: 1 });
    expect(only?.action).toEqual({ kind: 'recover', tensors: new Map([['a', [{ first: 3, count: 2 }]]]) }); // prettier-ignore
  });

  it('takes the whole tensor when a finding about its values names no rows', () => {
    const drafts = [
      recoverTensors('values/not-finite', ['a'], { first: 3, count: 2 }),
      recoverTensors('values/all-zero', ['a']),
    ];
    expect(plan(drafts).steps[0]?.step.readBytes).toBe(100);
  });

  it('joins many damaged tensors of one source into one step', () => {
    const drafts = Array.from({ length: 20 }, (_, index) => recoverTensors('hashes/tensor', [`t${index}`])); // prettier-ignore
    const { steps } = plan(drafts);
    expect(steps.map(({ step }) => step.title)).toEqual(['Derive 20 tensors again from Base']);
    expect(steps[0]?.step.findings).toHaveLength(20);
  });

  it('leaves losses to be chosen, and says where no file can be made', () => {
    const nothing = { tensor: () => 'nothing was found' };
    const [leave] = plan([recoverTensors('hashes/tensor', ['a'])], nothing).steps;
    expect(leave?.step).toMatchObject({ id: 'leave:a', trust: 'lost', chosen: false });
    expect(leave?.step.impossible).toBeUndefined();
    const gone = { ...nothing, present: () => ({ present: 40, all: 100 }) };
    const [without] = plan([recoverTensors('structure/truncated', ['a'])], gone).steps;
    expect(without?.step.impossible).toContain('60 B missing');
    expect(ids([restoreAdapters('bundle/tail-missing', ['x'])])).toEqual(['without-adapter:x']);
  });

  it('adds up elements of one array, and takes the first of two values for one key', () => {
    const value = (number: number) => ({ type: 'uint32', value: number });
    const drafts: Draft[] = [4, 5].map((number) => ({
      code: 'metadata/contradiction',
      message: '',
      fix: { kind: 'set-metadata', key: 'llama.block_count', value: value(number) },
    }));
    const { steps } = plan(drafts);
    expect(steps[0]?.step.changes).toEqual([{ what: 'llama.block_count', before: 'uint32 9', after: 'uint32 4' }]); // prettier-ignore
    expect(steps[0]?.step.findings).toEqual(['f1', 'f2']);
  });

  it('replaces everything by the header of the recipe when the header is broken', () => {
    const drafts: Draft[] = [
      { code: 'structure/tensor-entry', message: 'A record cannot be read.' },
      recoverTensors('values/not-finite', ['a']),
    ];
    const header = { from: 'Base', trust: 'exact' } as const;
    expect(ids(drafts, { isHeaderBroken: true, header })).toEqual(['header']);
    expect(ids(drafts, { isHeaderBroken: true })).toEqual(['leave:header', 'recover:a']);
  });

  it('names what no step puts right', () => {
    const { left } = plan([{ code: 'hashes/file', message: 'Another file.' }, { code: 'metadata/file-type', message: '' }]); // prettier-ignore
    expect(left).toEqual([{ finding: 'f1', reason: 'Fetch the file again.' }]);
  });
});

describe('rows', () => {
  it('are sorted and joined where they touch', () => {
    const rows = [{ first: 8, count: 2 }, { first: 1, count: 2 }, { first: 3, count: 1 }]; // prettier-ignore
    expect(mergeRows(rows)).toEqual([{ first: 1, count: 3 }, { first: 8, count: 2 }]); // prettier-ignore
    expect(mergeRows([])).toBeUndefined();
  });
});

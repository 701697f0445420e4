import { describe, expect, it } from 'vitest';
import {
  chooseAll,
  partsByTrust,
  plannedChoice,
  summariseChoice,
  toggleStep,
} from '#renderer/features/doctor/logic/plan-choice.ts';
import type { RepairPlan, RepairStep } from '#src/contract/doctor/repair.ts';
import { buildDiagnosis, buildFinding } from '#test/helpers/build-diagnosis.ts';

const step = (id: string, changes: Partial<RepairStep> = {}): RepairStep => ({
  id,
  findings: [],
  title: id,
  trust: 'edited',
  chosen: true,
  changes: [],
  ...changes,
});

const plan: RepairPlan = {
  path: '/models/damaged.gguf',
  output: '/models/damaged.repaired.gguf',
  bytes: 13_200,
  modified: 1,
  steps: [
    step('set:tokenizer.ggml.pre', { findings: ['f1'] }),
    step('recover:a', { findings: ['f2', 'f3'], trust: 'exact', readBytes: 1000 }),
    step('take:b', { findings: ['f4'], trust: 'approximate', chosen: false, readBytes: 500 }),
    step('restore:c', { findings: ['f5'], impossible: 'Its file was not found.' }),
  ],
  left: [],
  diagnosis: buildDiagnosis({
    findings: ['f1', 'f2', 'f3', 'f4', 'f5']
      .map((id) => buildFinding({ id }))
      .concat(buildFinding({ id: 'f6', severity: 'info' })),
  }),
};

describe('the choice of steps', () => {
  it('begins with what the plan proposes and can be done', () => {
    expect([...plannedChoice(plan)]).toEqual(['set:tokenizer.ggml.pre', 'recover:a']);
  });

  it('never takes a step that is impossible', () => {
    const impossible = plan.steps[3];
    if (impossible === undefined) throw new Error('There are four steps.');
    expect(toggleStep(new Set(), impossible).size).toBe(0);
    expect(chooseAll(plan, true).has('restore:c')).toBe(false);
    expect(chooseAll(plan, false).size).toBe(0);
  });

  it('is told in findings, bytes and the least trust', () => {
    expect(summariseChoice(plan, plannedChoice(plan))).toEqual({
      steps: 2,
      possible: 3,
      settled: 3,
      // A note needs nobody to act.
      open: 2,
      readBytes: 1000,
      leastTrust: 'exact',
    });
    expect(summariseChoice(plan, chooseAll(plan, true)).leastTrust).toBe('approximate');
    expect(summariseChoice(plan, new Set()).leastTrust).toBeUndefined();
  });

  it('counts what was done by what it can be trusted for', () => {
    const parts = (['edited', 'exact', 'edited', 'lost'] as const).map((trust) => ({
      step: trust,
      title: trust,
      trust,
    }));
    expect(partsByTrust({ parts })).toEqual([
      { trust: 'exact', count: 1 },
      { trust: 'edited', count: 2 },
      { trust: 'lost', count: 1 },
    ]);
  });
});

import { expect, it } from 'vitest';
import { qualityId } from '#src/contract/quality/subjects.ts';
import { distinctIds, newRunId } from '#src/studio/run-ids.ts';

it('names a run after its time and title', () => {
  const id = newRunId('Healthcare: levels & hybrids', new Date('2026-11-23T15:19:07Z'));
  expect(id).toBe('20261123-151907-Healthcare-levels-hybrids');
});

it('makes an id of any name, and different ones of names that look alike', () => {
  const names = ['Q4_K_M', 'q4_k_m', '健康', '../../etc', '.hidden', 'x'.repeat(500)];
  const ids = distinctIds(names);
  expect(ids.slice(0, 5)).toEqual(['Q4_K_M', 'q4_k_m-2', 'run', 'etc', 'hidden']);
  for (const id of ids) expect(qualityId.safeParse(id).success).toBe(true);
});

// Looking for routes among many: what is drawn is a smaller router, and problems stay with the parts that they are about.
import { describe, expect, it } from 'vitest';
import { foundIn, movedProblems } from '#renderer/features/router/logic/find-routes.ts';
import { buildManifest } from '#test/helpers/build-manifest.ts';

const manifest = buildManifest();
const idsOf = (find: string) => foundIn(manifest, find).routes.map(({ id }) => id);

describe('routes that are looked for', () => {
  it('have every word in their name, examples or keywords', () => {
    expect(idsOf('')).toHaveLength(3);
    expect(idsOf('ANATOMY')).toEqual(['care/anatomy']);
    expect(idsOf('taxes work')).toEqual(['trade/finance']);
    expect(idsOf('care')).toEqual(['care/conditions', 'care/anatomy']);
    expect(idsOf('taxes liver')).toEqual([]);
  });

  it('bring the parents that they go to, and the one of the fallback', () => {
    const parents = (find: string) => foundIn(manifest, find).parents.map(({ domain }) => domain);
    expect(parents('finance')).toEqual(['care', 'trade']);
    expect(parents('anatomy')).toEqual(['care']);
  });

  it('keep the problems of their parts at the places where they are drawn', () => {
    const problems = new Map([
      ['/routes/0', 'conditions'],
      ['/routes/2', 'finance'],
      ['/parents/1', 'trade'],
      ['/companions/0', 'voice'],
    ]);
    expect(movedProblems(problems, manifest, foundIn(manifest, 'finance'))).toEqual(
      new Map([
        ['/companions/0', 'voice'],
        ['/routes/0', 'finance'],
        ['/parents/1', 'trade'],
      ]),
    );
    expect(movedProblems(problems, manifest, manifest)).toBe(problems);
  });
});

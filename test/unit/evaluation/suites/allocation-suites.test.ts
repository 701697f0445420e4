// The suites that a hybrid is searched and proven on when nobody names any.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { allocationSuites } from '#src/evaluation/suites/allocation-suites.ts';
import { findOverlap } from '#src/evaluation/suites/find-overlap.ts';
import { findEvaluationSuites } from '#src/io/evaluation-suites.ts';

describe('texts that nobody chose', () => {
  it('share no line between search and proof, nor with what the embedded matrix was made from', async () => {
    const suites = await findEvaluationSuites();
    const { search, proof } = allocationSuites(suites);
    expect(search.length).toBeGreaterThan(0);
    expect(proof).toContain('general');
    const read = (ids: readonly string[]) =>
      Promise.all(
        suites
          .filter(({ id }) => ids.includes(id))
          .map(async ({ id, paths }) => {
            const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
            return { name: id, text: texts.join('\n') };
          }),
      );
    const [searched, held] = [await read(search), await read(proof)];
    expect(findOverlap(held, searched)).toEqual([]);
    const calibration = await Promise.all(
      ['general', 'language', 'sea_stories', 'organizations', 'science', 'conditions'].map(
        async (name) => ({
          name,
          text: await readFile(`assets/seedling/texts/calibration/${name}.txt`, 'utf8'),
        }),
      ),
    );
    expect(findOverlap([...searched, ...held], calibration)).toEqual([]);
  });

  it('leave to each other what was chosen, also where a workspace has other suites', () => {
    const suite = (id: string) => ({
      id,
      title: id,
      description: '',
      kind: 'prose' as const,
      parseSpecial: false,
      paths: ['/x'],
      bytes: 1,
      origin: 'workspace' as const,
    });
    const own = ['a', 'b'].map(suite);
    expect(allocationSuites(own)).toEqual({ proof: ['a'], search: ['b'] });
    expect(allocationSuites(own, { proof: ['b'] })).toEqual({ proof: ['b'], search: ['a'] });
    expect(allocationSuites([suite('a')]).search).toEqual([]);
    const language = ['general', 'language', 'code'].map(suite);
    expect(allocationSuites(language, { proof: ['language'] }).search).toEqual(['general']);
  });
});

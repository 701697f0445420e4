// Figures of a recipe's own evaluate step, from the build to the README of the family.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BuildResult } from '#src/contract/build.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { studioFolder, type StudioFolder } from '#test/helpers/run-studio.ts';

const levels = ['Q4_K_M', 'Q8_0'];
const nodes = [
  { id: 'base', kind: 'base', path: 'seedling-4m' },
  { id: 'a', kind: 'adapter', path: 'adapters/conditions', domain: 'healthcare', subdomain: 'conditions' },
  { id: 'q', kind: 'quantize', levels },
  { id: 'p', kind: 'package', form: 'bundled', domain: 'healthcare', folder: 'card' },
  { id: 'e', kind: 'evaluate', suites: ['general'], chunks: 4 },
  { id: 'f', kind: 'family', name: 'card', folder: 'card' },
]; // prettier-ignore
const edges = [
  ['base', 'q'],
  ['q', 'p'],
  ['a', 'p'],
  ['p', 'e'],
  ['p', 'f'],
].map(([from, to]) => ({ from, to }));

let studio: StudioFolder;
beforeAll(async () => {
  studio = studioFolder();
  await studio.run('library', '--quiet');
});
afterAll(() => studio.remove());

it("shows a family's measured figures in its model card, as they are in the run", async () => {
  const recipe = studio.path('home', 'seedling', 'card.recipe.json');
  writeFileSync(recipe, JSON.stringify({ version: 1, nodes, edges }));
  const { document } = await studio.json('build', recipe, '--no-validate');
  expect(document.error).toBeUndefined();
  const [measured] = (document.result as unknown as BuildResult).measured ?? [];
  const run = JSON.parse(readFileSync(measured?.path ?? '', 'utf8')) as Run;
  const card = readFileSync(studio.path('home', 'seedling', 'card', 'README.md'), 'utf8');
  const quality = /^## Quality$(.*?)^## /ms.exec(card)?.[1] ?? '';
  const table = quality.split('\n').filter((line) => line.startsWith('|')).map(cellsOf); // prettier-ignore
  const column = table[0]?.indexOf('Mean KLD') ?? -1;
  expect(column).toBeGreaterThan(0);
  for (const level of levels) {
    const subjects = run.subjects.filter((subject) => subject.level === level);
    expect(subjects.length, level).toBeGreaterThan(0);
    for (const { id, label } of subjects) {
      const row = table.find(([name]) => name === label);
      const means = run.measurements.filter(({ subject }) => subject === id).map(({ kld }) => kld.mean.value); // prettier-ignore
      const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
      const shown = Number(row?.[column]?.split(' ')[0]);
      expect(Math.abs(shown - mean), `${label}: ${shown}, ${mean}`).toBeLessThanOrEqual(
        mean * 0.05,
      );
      for (const { text, kld } of run.measurements.filter(({ subject }) => subject === id)) {
        if (run.texts.length === 1) continue;
        const title = run.texts.find((one) => one.id === text)?.title;
        const own = Number(row?.[table[0]?.indexOf(`KLD ${title ?? text}`) ?? -1]?.split(' ')[0]);
        expect(Math.abs(own - kld.mean.value), title).toBeLessThanOrEqual(kld.mean.value * 0.05);
      }
    }
  }
}, 180_000);

/** Without the marks that keep Markdown from reading names. */
function cellsOf(line: string): string[] {
  const text = line.replaceAll(/\\(.)/g, '$1');
  return text.split('|').slice(1, -1).map((cell) => cell.trim()); // prettier-ignore
}

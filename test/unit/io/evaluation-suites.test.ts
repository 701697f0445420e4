import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  chooseEvaluationSuites,
  findEvaluationSuites,
  suiteFileName,
} from '#src/io/evaluation-suites.ts';

const temporary = () => mkdtempSync(join(tmpdir(), 'suites-'));
const suite = (more: object) => ({
  id: 'mine',
  title: 'Mine',
  description: '',
  kind: 'prose',
  texts: ['mine.txt'],
  ...more,
});
function workspaceWith(suites: unknown): string {
  const folder = temporary();
  writeFileSync(join(folder, suiteFileName), JSON.stringify(suites));
  return folder;
}

describe('evaluation suites', () => {
  it('ship complete: general text, prose, code and one per subdomain of Seedling', async () => {
    const suites = await findEvaluationSuites();
    expect(suites.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(suites.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['general', 'prose', 'code', 'conditions', 'addresses']),
    );
    const chat = suites.filter(({ kind }) => kind === 'chat');
    expect(chat.every(({ parseSpecial }) => parseSpecial)).toBe(true);
  });

  it('read folders of the user’s own by name, text files only', async () => {
    const folder = workspaceWith({ version: 1, suites: [suite({ texts: ['texts'] })] });
    mkdirSync(join(folder, 'texts', 'deep'), { recursive: true });
    for (const name of ['b.md', 'a.txt', 'picture.png', 'deep/c.py'])
      writeFileSync(join(folder, 'texts', name), 'text');
    const [mine] = await chooseEvaluationSuites(['mine'], folder);
    expect(mine?.paths.map((path) => path.slice(folder.length + 7))).toEqual([
      'a.txt',
      'b.md',
      'deep/c.py',
    ]);
    expect(mine).toMatchObject({ bytes: 12, origin: 'workspace' });
  });

  it('of a workspace replace built-in ones of the same id', async () => {
    const folder = workspaceWith({ version: 1, suites: [suite({ id: 'general' })] });
    writeFileSync(join(folder, 'mine.txt'), 'hello');
    const suites = await findEvaluationSuites(folder);
    expect(suites.filter(({ id }) => id === 'general')).toMatchObject([{ title: 'Mine' }]);
  });

  it('say what is missing, and refuse to be chosen then', async () => {
    const folder = workspaceWith({ version: 1, suites: [suite({})] });
    const found = (await findEvaluationSuites(folder)).find(({ id }) => id === 'mine');
    expect(found?.problem).toContain('mine.txt');
    await expect(chooseEvaluationSuites(['mine'], folder)).rejects.toMatchObject({
      code: 'evaluation/unknown-suite',
    });
  });

  it('are named when one is asked for that is not there', async () => {
    await expect(chooseEvaluationSuites(['nope'])).rejects.toMatchObject({
      code: 'evaluation/unknown-suite',
      hint: expect.stringContaining('general, prose') as string,
    });
  });

  it.each([
    ['no JSON', '{', /is no list of evaluation suites/],
    ['another version', JSON.stringify({ version: 2, suites: [] }), /version/],
    [
      'two of one id',
      JSON.stringify({ version: 1, suites: [suite({}), suite({})] }),
      /stands there twice/,
    ],
  ])('refuse a file with %s', async (_what, text, message) => {
    const folder = temporary();
    writeFileSync(join(folder, suiteFileName), text);
    await expect(findEvaluationSuites(folder)).rejects.toThrow(message);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedlingFolder, studioFolder, type StudioFolder } from '#test/helpers/run-studio.ts';

let folder: StudioFolder;
beforeAll(() => {
  folder = studioFolder();
});
afterAll(() => folder.remove());

describe('library', () => {
  it('lists what lies in a folder as a table', async () => {
    const { code, stdout } = await folder.run('library', seedlingFolder);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^base\s+seedling-4m\s+llama\s+4\.2 M\s+BF16/m);
    expect(stdout).toContain(`13 found in ${seedlingFolder}`);
  });

  it('narrows it to a kind and to words, and gives all fields with --json', async () => {
    const words = ['library', seedlingFolder, '--kind', 'base', '--search', 'GPT2 f16'];
    const { code, document } = await folder.json(...words);
    expect(code).toBe(0);
    expect(document.result).toMatchObject({
      found: 13,
      notRead: [],
      items: [{ name: 'seedling-gpt2-4m', architecture: 'gpt2', role: 'chat' }],
    });
  });

  it('says which folder it could not read', async () => {
    const { code, stdout } = await folder.run('library', 'gone');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Not read: .*gone does not exist/);
    expect(stdout).toContain('0 found');
  });
});

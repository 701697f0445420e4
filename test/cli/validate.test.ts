// `validate` over several files: each gets its report, whatever the one before it did to llama.cpp.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ValidationReport } from '#src/contract/validation.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();

beforeAll(async () => {
  const base = `${seedlingFolder}/seedling-4m`;
  for (const words of [
    ['convert', base, '--outfile', 'good.gguf'],
    // A SentencePiece vocabulary must have byte tokens: llama.cpp throws where nobody catches.
    ['quantize', 'good.gguf', 'aborts.gguf', 'COPY', '--override-kv', 'tokenizer.ggml.model=str:llama'],
    ['quantize', 'good.gguf', 'refused.gguf', 'COPY', '--override-kv', 'llama.attention.head_count=int:3'],
    ['convert-lora', `${seedlingFolder}/adapters/conditions`, '--base', base, '--outfile', 'adapter.gguf'],
  ]) {
    const { code, stderr } = await folder.run(...words);
    expect(code, stderr).toBe(0);
  }
}); // prettier-ignore
afterAll(() => folder.remove());

describe('validating several files', () => {
  it('goes on after one that makes llama.cpp end its process, and after one that it refuses', async () => {
    const { code, document } = await folder.json(
      'validate', 'aborts.gguf', 'refused.gguf', 'adapter.gguf', 'good.gguf',
    ); // prettier-ignore
    expect(code).toBe(1);
    expect(document.error?.code).toBe('validate/failed');
    const reports = (document.result as { files: ValidationReport[] }).files;
    expect(reports.map(({ passed }) => passed)).toEqual([false, false, true, true]);
    const load = reports.map(({ checks }) => checks.find(({ check }) => check === 'load'));
    expect(load[0]?.summary).toMatch(/ended its process over this file \(signal SIGABRT\): .+/);
    expect(load[1]?.summary).toContain('llama.cpp cannot load it: error loading model');
    expect(load[2]).toMatchObject({ status: 'skipped' });
  });

  it('goes on after a file that is missing, which decides the exit code', async () => {
    const words = ['validate', 'good.gguf', 'missing.gguf', 'refused.gguf', 'adapter.gguf'];
    const { code, document } = await folder.json(...words);
    expect(code).toBe(2);
    expect(document.error?.code).toBe('io/not-found');
    expect(document.error?.message).toMatch(/missing\.gguf does not exist\. In all, 2 of 4 files/);
    expect(document.error?.hint).toContain('Check the path');
    const reports = (document.result as { files: ValidationReport[] }).files;
    expect(reports.map(({ passed }) => passed)).toEqual([true, false, false, true]);
    expect(reports[1]?.checks).toMatchObject([
      { check: 'structure', status: 'failed', evidence: { code: 'io/not-found' } },
    ]);
  });

  it('goes on after a folder, and shows it in the list', async () => {
    const { code, stdout, stderr } = await folder.run('validate', '.', 'adapter.gguf');
    expect(code).toBe(2);
    expect(stdout).toMatch(/: NOT valid\n +FAIL +structure +.* is not a file/);
    expect(stdout).not.toContain('0 B');
    expect(stdout).toMatch(/adapter\.gguf \(.*\): valid/);
    expect(stderr).not.toContain('In all');
  });

  it('names the file once per report', async () => {
    const { stdout } = await folder.run('validate', 'refused.gguf');
    expect(stdout).toMatch(/FAIL +load +llama\.cpp cannot load it: error loading model/);
  });
});

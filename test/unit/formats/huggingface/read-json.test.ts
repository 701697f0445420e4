import { describe, expect, it } from 'vitest';
import {
  readJsonObject,
  readOptionalJsonObject,
  readTextFile,
} from '#src/formats/huggingface/read-json.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

describe('reading JSON files', () => {
  it('gives the object of a file', async () => {
    const folder = memoryFolder({ 'config.json': { vocab_size: 3 } });
    expect(await readJsonObject(folder, 'config.json')).toEqual({ vocab_size: 3 });
  });

  it('gives nothing for an optional file that is not there', async () => {
    expect(await readOptionalJsonObject(memoryFolder({}), 'config.json')).toBeUndefined();
  });

  it('reports a file that is not there when it is needed', async () => {
    await expectRefusal(readJsonObject(memoryFolder({}), 'config.json'), 'io/not-found');
  });

  it.each([
    ['cut off', '{"a": 1', 'not valid JSON'],
    ['a list', '[1, 2]', 'does not hold a JSON object'],
    ['null', 'null', 'does not hold a JSON object'],
    ['a git-LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00', 'git-LFS'],
    ['an HTML page', '<!DOCTYPE html><html></html>', 'HTML page'],
  ])('refuses a file that is %s', async (_, text, message) => {
    const folder = memoryFolder({ 'config.json': text }, 'model');
    await expectRefusal(readJsonObject(folder, 'config.json'), 'huggingface/invalid', message);
  });

  it.each([
    ['config.json', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9085657\n', 'is a git-LFS pointer (the real file has 9085657 bytes)', 'git lfs pull'],
    ['tokenizer.json', '\n<!DOCTYPE html><html></html>', 'an HTML page', '/resolve/'],
    ['tokenizer.json', '', 'an empty file', 'Fetch the file again'],
    ['tokenizer.json', '{"a": 1', 'is not valid JSON.', 'incomplete'],
  ])('says what to do about a %s that holds %j', async (name, text, message, hint) => {
    const refusal = await expectRefusal(
      readJsonObject(memoryFolder({ [name]: text }, 'model'), name),
      'huggingface/invalid',
      message,
    );
    expect(refusal.hint).toContain(hint);
  }); // prettier-ignore

  it('takes no vocabulary from a git-LFS pointer', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 466391\n';
    const folder = memoryFolder({ 'merges.txt': pointer });
    await expectRefusal(readTextFile(folder, 'merges.txt'), 'huggingface/invalid', 'git-LFS');
  });

  it('refuses text that is not UTF-8', async () => {
    const folder = memoryFolder({ 'merges.txt': Uint8Array.of(0x61, 0xff, 0xfe) });
    await expectRefusal(readTextFile(folder, 'merges.txt'), 'huggingface/invalid', 'UTF-8');
  });

  it('refuses a file above the limit before reading it', async () => {
    const folder = memoryFolder({ 'config.json': `{"a": "${'x'.repeat(100)}"}` });
    await expectRefusal(
      readJsonObject(folder, 'config.json', { maximumBytes: 50 }),
      'format/limit',
      'at most 50',
    );
  });

  it('refuses nesting without exhausting the stack', async () => {
    const deep = `{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    const error = readJsonObject(memoryFolder({ 'config.json': deep }), 'config.json');
    await expect(error).rejects.toThrow(/nests deeper|not valid JSON/);
  });

  it('refuses __proto__ in configurations and takes it as a token in vocabularies', async () => {
    const folder = memoryFolder({ 'vocab.json': '{"a": {"__proto__": 7}}' });
    await expectRefusal(readJsonObject(folder, 'vocab.json'), 'huggingface/invalid', '__proto__');
    const vocabulary = await readJsonObject(folder, 'vocab.json', { allowPrototypeKey: true });
    expect(Object.entries(vocabulary['a'] as object)).toEqual([['__proto__', 7]]);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});

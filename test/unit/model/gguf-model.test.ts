import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryByteSource, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { int32Entry, stringEntry, uint16Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { rowCountOf } from '#src/model/model-view.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

const golden = new URL('../../golden/gguf/', import.meta.url);
const goldenFile = (name: string) => new Uint8Array(readFileSync(new URL(name, golden)));
const splitNames = [1, 2, 3].map((number) => `split-0000${number}-of-00003.gguf`);

/** A source that counts how often it is closed. */
function watched(source: ByteSource, closed: string[]): ByteSource {
  return {
    ...source,
    close() {
      closed.push(source.label);
      return source.close();
    },
  };
}

function part(index: number, count: number, tensorCount: number, names: readonly string[], more: readonly GgufEntry[] = []) {
  return buildGguf({
    metadata: [stringEntry('general.architecture', 'llama'), uint16Entry('split.no', index), uint16Entry('split.count', count), int32Entry('split.tensors.count', tensorCount), ...more],
    tensors: names.map((name) => ({ name, shape: [4] })),
  });
} // prettier-ignore

async function openIn(files: Record<string, Uint8Array>, given: string, closed: string[] = []) {
  const folder = memoryFolder(files, 'models');
  const open = async (name: string) => watched(await folder.open(name), closed);
  return openGgufModel(await open(given), open);
}

describe('openGgufModel', () => {
  it('gives rows of tensors as they lie in the file', async () => {
    const data = Float32Array.from({ length: 12 }, (_, index) => index);
    const model = await openGgufModel(
      memoryByteSource(
        buildGguf({
          tensors: [
            { name: 'other', shape: [1] },
            { name: 'w', shape: [3, 2, 2], data },
          ],
        }),
      ),
    );
    expect(model.architecture).toBe('llama');
    const tensor = model.tensors[1];
    const target = new Float32Array(6);
    await tensor?.readRows(1, 2, new Uint8Array(target.buffer));
    expect([...target]).toEqual([3, 4, 5, 6, 7, 8]);
    await expect(tensor?.readRows(3, 2, new Uint8Array(24))).rejects.toThrow('Broken invariant');
    await expect(tensor?.readRows(0, 1, new Uint8Array(11))).rejects.toThrow('Broken invariant');
  });

  it('stops reading when it is cancelled', async () => {
    const model = await openGgufModel(
      memoryByteSource(buildGguf({ tensors: [{ name: 'w', shape: [1] }] })),
    );
    const reason = new Error('enough');
    const reading = model.tensors[0]?.readRows(0, 1, new Uint8Array(4), AbortSignal.abort(reason));
    await expect(reading).rejects.toBe(reason);
  });

  it('leaves alone what follows the last tensor', async () => {
    const base = buildGguf({ tensors: [{ name: 'w', shape: [8] }] });
    const bundle = new Uint8Array([
      ...base,
      ...buildGguf({ tensors: [{ name: 'lora', shape: [8] }] }),
    ]);
    const model = await openGgufModel(memoryByteSource(bundle));
    expect(model.tensors.map(({ name }) => name)).toEqual(['w']);
  });

  it('refuses a GGUF that names no architecture, and closes it', async () => {
    const closed: string[] = [];
    const bytes = buildGguf({ metadata: [stringEntry('general.architecture', '')] });
    const source = watched(memoryByteSource(bytes, 'imatrix.gguf'), closed);
    await expectRefusal(openGgufModel(source), 'gguf/invalid', 'no "general.architecture"');
    expect(closed).toEqual(['imatrix.gguf']);
  });
});

describe('a split GGUF', () => {
  it.each(splitNames)('written by gguf-py is whole again, opened by %s', async (given) => {
    const files = Object.fromEntries(splitNames.map((name) => [name, goldenFile(name)]));
    const closed: string[] = [];
    const joined = await openIn(files, given, closed);
    const whole = await openGgufModel(memoryByteSource(goldenFile('gguf-py.gguf')));
    expect(joined.label).toBe('models/split-00001-of-00003.gguf');
    expect(joined.metadata).toEqual(whole.metadata);
    expect(joined.tensors.map(({ name }) => name)).toEqual(whole.tensors.map(({ name }) => name));
    for (const [index, tensor] of whole.tensors.entries()) {
      const other = joined.tensors[index];
      const rows = rowCountOf(tensor.shape);
      const expected = new Uint8Array(rows * rowByteLength(tensor.type, tensor.shape[0] ?? 1));
      const found = new Uint8Array(expected.length);
      await tensor.readRows(0, rows, expected);
      await other?.readRows(0, rows, found);
      expect(found).toEqual(expected);
    }
    await joined.close();
    expect(closed.sort()).toEqual(splitNames.map((name) => `models/${name}`));
  });

  it('names the part that is missing, and closes the others', async () => {
    const files = { 'm-00001-of-00003.gguf': part(0, 3, 3, ['a']), 'm-00002-of-00003.gguf': part(1, 3, 3, ['b']) };
    const closed: string[] = [];
    const error = await expectRefusal(openIn(files, 'm-00001-of-00003.gguf', closed), 'gguf/split', 'm-00003-of-00003.gguf is missing');
    expect(error.details).toEqual({ missing: 'm-00003-of-00003.gguf' });
    expect(closed).toHaveLength(2);
  }); // prettier-ignore

  it('is refused where its siblings cannot be reached', async () => {
    const source = memoryByteSource(part(0, 2, 2, ['a']), 'm-00001-of-00002.gguf');
    await expectRefusal(openGgufModel(source), 'gguf/split', 'm-00002-of-00002.gguf is missing');
  });

  it('is refused under another name than its parts are found by', async () => {
    for (const name of ['renamed.gguf', 'm-00001-of-00004.gguf', '-00001-of-00002.gguf']) {
      await expectRefusal(
        openIn({ [name]: part(0, 2, 2, ['a']) }, name),
        'gguf/split',
        'its name does not end with',
      );
    }
  });

  it('is refused when a name leads elsewhere', async () => {
    const source = memoryByteSource(part(1, 2, 2, ['a']), '../../etc/m-00002-of-00002.gguf');
    const asked: string[] = [];
    const openSibling = (name: string) => {
      asked.push(name);
      return Promise.resolve(memoryByteSource(part(0, 2, 2, ['b']), name));
    };
    await openGgufModel(source, openSibling);
    expect(asked).toEqual(['m-00001-of-00002.gguf']);
  });

  it('is refused when parts are swapped, doubled or of another split', async () => {
    const first = part(0, 2, 2, ['a']);
    const second = part(1, 2, 2, ['b']);
    const open = (a: Uint8Array, b: Uint8Array) =>
      openIn({ 'm-00001-of-00002.gguf': a, 'm-00002-of-00002.gguf': b }, 'm-00001-of-00002.gguf');
    expect((await open(first, second)).tensors).toHaveLength(2);
    await expectRefusal(open(second, first), 'gguf/split', 'its metadata says part 2 of 2');
    await expectRefusal(open(first, first), 'gguf/split', 'its metadata says part 1 of 2');
    await expectRefusal(open(first, part(1, 3, 2, ['b'])), 'gguf/split', 'part 2 of 3');
    await expectRefusal(open(first, part(1, 2, 2, ['a'])), 'gguf/split', '"a" in two parts');
    await expectRefusal(
      open(first, part(1, 2, 3, ['b'])),
      'gguf/split',
      'has 3 tensors, but its parts hold 2',
    );
    await expectRefusal(open(first, buildGguf({})), 'gguf/split', 'part (none) of (none)');
  });

  it('is refused when it claims more parts than any model has', async () => {
    const name = 'm-00001-of-60000.gguf';
    await expectRefusal(
      openIn({ [name]: part(0, 60_000, 1, ['a']) }, name),
      'gguf/split',
      'claims 60000 parts',
    );
  });
});

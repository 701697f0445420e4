import { describe, expect, it } from 'vitest';
import { placeTensors } from '#src/doctor/survey/place-tensors.ts';
import { readSurvey } from '#src/doctor/survey/read-survey.ts';
import type { Survey } from '#src/doctor/survey/survey.ts';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { stringArrayEntry, stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';

const metadata = [
  stringEntry('general.architecture', 'llama'),
  uint32Entry('llama.block_count', 2),
  stringArrayEntry('tokenizer.ggml.tokens', ['a.b', 'general.name', 'x']),
  uint32Entry('llama.context_length', 64),
  stringEntry('general.name', 'Test'),
];
const tensors = ['token_embd.weight', 'blk.0.attn_q.weight', 'blk.0.attn_k.weight', 'output.weight'].map((name) => ({ name, shape: [32, 4] })); // prettier-ignore

const sound = buildGguf({ metadata, tensors });

const survey = (bytes: Uint8Array): Promise<Survey> => readSurvey(memoryByteSource(bytes));

/** A copy of the sound file, changed from where `text` lies. */
function changed(text: string, change: (view: DataView, at: number) => void): Uint8Array {
  const copy = sound.slice();
  const at = Buffer.from(copy.buffer).indexOf(text);
  change(new DataView(copy.buffer), at);
  return copy;
}

const kinds = ({ faults }: Survey) => faults.map(({ kind }) => kind);
const keys = ({ entries }: Survey) => entries.map(({ key }) => key);
const names = ({ tensors: found }: Survey) => found.map(({ name }) => name);
const layout = (found: Survey) => placeTensors(found, found.bytes);

describe('readSurvey', () => {
  it('finds no fault in a sound file and says where everything lies', async () => {
    const found = await survey(sound);
    expect(found.faults).toEqual([]);
    expect(keys(found)).toEqual(metadata.map(({ key }) => key));
    expect(names(found)).toEqual(tensors.map(({ name }) => name));
    expect(found.entries[1]?.at).toBe(24 + (found.entries[0]?.size ?? 0));
    expect(layout(found)?.kind).toBe('sound');
  });

  it('loses only the entry whose value type is unknown', async () => {
    const key = 'llama.block_count';
    const found = await survey(
      changed(key, (view, at) => view.setUint32(at + key.length, 99, true)),
    );
    expect(kinds(found)).toEqual(['entry']);
    expect(keys(found)).toEqual(metadata.map((entry) => entry.key).filter((each) => each !== key));
    expect(names(found)).toHaveLength(4);
    expect(layout(found)?.kind).toBe('sound');
  });

  it('goes on behind an entry whose length is far too large', async () => {
    const text = 'general.name';
    const last = sound.slice();
    const at = Buffer.from(last.buffer).lastIndexOf(text) + text.length + 4;
    new DataView(last.buffer).setUint32(at, 0x7fff_ffff, true);
    const found = await survey(last);
    expect(kinds(found)).toEqual(['entry']);
    expect(names(found)).toEqual(tensors.map(({ name }) => name));
  });

  it.each([
    [16, 6, 'one entry too many'],
    [16, 3, 'two entries too few'],
    [8, 9, 'tensors that are not there'],
    [8, 2, 'two tensors too few'],
  ])('proves the counts by what is there: at %d claims %d, %s', async (at, claimed) => {
    const copy = sound.slice();
    new DataView(copy.buffer).setUint32(at, claimed, true);
    const found = await survey(copy);
    expect(kinds(found)).toEqual(['counts']);
    expect(keys(found)).toHaveLength(metadata.length);
    expect(names(found)).toHaveLength(4);
  });

  it('reads the records behind one that is destroyed, and keeps their places', async () => {
    const found = await survey(
      changed('blk.0.attn_q.weight', (view, at) => new Uint8Array(view.buffer).fill(0xff, at - 8, at + 10)), // prettier-ignore
    );
    expect(kinds(found)).toEqual(['tensor']);
    expect(names(found)).toEqual(['token_embd.weight', 'blk.0.attn_k.weight', 'output.weight']);
    expect(layout(found)).toMatchObject({ kind: 'sound', offsets: [0, 1024, 1536] });
  });

  it('says that the file ends inside its metadata, or inside its list of tensors', async () => {
    const list = Buffer.from(sound.buffer).indexOf('blk.0.attn_k');
    expect(kinds(await survey(sound.slice(0, 100)))).toEqual(['truncated']);
    const inside = await survey(sound.slice(0, list + 5));
    expect(kinds(inside)).toEqual(['truncated']);
    expect(names(inside)).toEqual(['token_embd.weight', 'blk.0.attn_q.weight']);
  });

  it('ends with faults, not with an error, whatever single byte of the header is flipped', async () => {
    const end = (await survey(sound)).headerEnd ?? 0;
    for (let at = 4; at < end; at++) {
      const copy = sound.slice();
      copy[at] = (copy[at] ?? 0) ^ 0x80;
      const found = await survey(copy);
      expect(found.entries.length).toBeLessThanOrEqual(metadata.length + 4);
      expect(() => layout(found)).not.toThrow();
    }
  });
});

describe('placeTensors', () => {
  const record = (name: string) => (file: Uint8Array) => Buffer.from(file.buffer).indexOf(name) + name.length; // prettier-ignore
  /** Behind the name: dimension count, two dimensions, type, offset. */
  const typeAt = (name: string, file: Uint8Array) => record(name)(file) + 4 + 16;

  it('believes the sizes of all where one offset contradicts them', async () => {
    const copy = sound.slice();
    new DataView(copy.buffer).setUint32(typeAt('blk.0.attn_k.weight', copy) + 4, 32, true);
    expect(layout(await survey(copy))).toMatchObject({ kind: 'offsets', wrong: [2], offsets: [0, 512, 1024, 1536] }); // prettier-ignore
  });

  it('believes the offsets of all where one type contradicts them', async () => {
    for (const type of [1, 28]) {
      const copy = sound.slice();
      new DataView(copy.buffer).setUint32(typeAt('blk.0.attn_q.weight', copy), type, true);
      expect(layout(await survey(copy))).toMatchObject({ kind: 'shape', wrong: [1], offsets: [0, 512, 1024, 1536] }); // prettier-ignore
    }
  });

  it('finds the alignment that a file was written with when its entry is changed', async () => {
    const uneven = tensors.map((tensor) => ({ ...tensor, shape: [24, 1] }));
    const file = buildGguf({ metadata: [uint32Entry('general.alignment', 64)], tensors: uneven, alignment: 64 }); // prettier-ignore
    const key = 'general.alignment';
    new DataView(file.buffer).setUint32(record(key)(file) + 4, 32, true);
    expect(layout(await survey(file))).toMatchObject({ kind: 'alignment', alignment: 64 });
  });

  it('keeps honest places that are only in another order', async () => {
    const copy = sound.slice();
    const view = new DataView(copy.buffer);
    view.setUint32(typeAt('blk.0.attn_q.weight', copy) + 4, 1024, true);
    view.setUint32(typeAt('blk.0.attn_k.weight', copy) + 4, 512, true);
    expect(layout(await survey(copy))).toMatchObject({ kind: 'order', offsets: [0, 1024, 512, 1536] }); // prettier-ignore
  });
});

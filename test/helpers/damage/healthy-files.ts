// Files that nothing is wrong with, of every form that people have: a diagnosis of any of them finds nothing. Those that
// llama.cpp's own quantizer writes are made in the test itself (test/doctor/healthy.test.ts).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  float32ArrayEntry,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
  uint64Entry,
} from '#src/formats/gguf/entries.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import { createHash } from 'node:crypto';
import { buildGguf } from '../build-gguf.ts';
import { seededFloats } from '../seeded-floats.ts';
import type { BaseFiles, BaseName } from './base-files.ts';
import { setUint32 } from './byte-edits.ts';
import { packageOf } from './data-damages.ts';
import type { DamagedFile } from './damage-kind.ts';
import { recordOf, versionAt } from './gguf-anatomy.ts';
import { putTogether, rewriteGguf, takeApart } from './rewrite-gguf.ts';
import { splitGguf } from './split-gguf.ts';

type MadeFile = DamagedFile | Uint8Array;

const stored = (path: string) => () =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url))));
const base = (name: BaseName) => (bases: BaseFiles) => bases.bytes(name);

async function splitPart(bases: BaseFiles, given: number): Promise<DamagedFile> {
  const parts = [...(await splitGguf(bases.bytes('plain-Q8_0'), 'seedling', 3))];
  const [name, bytes] = parts[given]!;
  return { name, bytes, beside: Object.fromEntries(parts.filter((_, index) => index !== given)) };
}

/** With the tensors laid out anew for `general.alignment`. */
async function aligned(bytes: Uint8Array, alignment: number): Promise<Uint8Array> {
  const { metadata, tensors } = await takeApart(bytes);
  const header = encodeGgufHeader({
    version: 3,
    metadata: [...metadata, uint32Entry('general.alignment', alignment)],
    tensors,
    alignment,
  });
  const file = new Uint8Array(header.fileSize);
  file.set(header.bytes);
  header.tensors.forEach(({ offset }, index) =>
    file.set(tensors[index]!.data, header.dataOffset + offset),
  );
  return file;
}

function foreignArchitecture(): Uint8Array {
  return buildGguf({
    metadata: [
      stringEntry('general.architecture', 'wavelet9'),
      stringEntry('wavelet9.filter', 'daubechies'),
      uint32Entry('wavelet9.levels', 5),
      float32ArrayEntry('wavelet9.taps', seededFloats(3, 8)),
    ],
    tensors: [
      { name: 'analysis.low', shape: [64, 8], data: seededFloats(1, 512) },
      { name: 'analysis.high', shape: [64, 8], data: seededFloats(2, 512) },
    ],
  });
}

/** By name: what a file is, and how it is made. */
export const healthyFiles: Readonly<
  Record<string, (bases: BaseFiles) => MadeFile | Promise<MadeFile>>
> = {
  F32: base('plain-F32'),
  F16: base('plain-F16'),
  BF16: base('plain-BF16'),
  Q8_0: base('plain-Q8_0'),
  Q6_K: base('plain-Q6_K'),
  Q5_1: base('plain-Q5_1'),
  Q4_0: base('plain-Q4_0'),
  Q4_K_M: base('plain-Q4_K_M'),
  Q3_K_M: base('plain-Q3_K_M'),
  Q2_K: base('plain-Q2_K'),
  IQ4_XS: base('plain-IQ4_XS'),
  gpt2: base('gpt2-Q8_0'),
  'a file with provenance at Q8_0': base('built-Q8_0'),
  'a file with provenance at Q4_K_M': base('built-Q4_K_M'),
  'a bundled parent': base('bundled-Q4_K_M'),
  'a merged parent': base('merged-Q8_0'),
  'an adapter': base('adapter'),
  'an importance matrix of ours': stored('assets/seedling/imatrix/seedling-4m.imatrix.gguf'),
  'an importance matrix of gpt2': stored('test/golden/collect-imatrix/gpt2.gguf'),
  'an importance matrix of experts': stored('test/golden/collect-imatrix/experts.gguf'),
  'version 2': (bases) => setUint32(bases.bytes('plain-Q8_0'), versionAt, 2),
  'the first part of a split': (bases) => splitPart(bases, 0),
  'the last part of a split': (bases) => splitPart(bases, 2),
  'an alignment of 64': (bases) => aligned(bases.bytes('plain-Q4_K_M'), 64),
  'no padding behind the last tensor': (bases) => {
    const bytes = bases.bytes('plain-Q4_K_M');
    const { data, size } = recordOf(bytes, 'blk.3.ffn_up.weight');
    return bytes.slice(0, data + size);
  },
  'entries that nobody knows': (bases) =>
    rewriteGguf(bases.bytes('plain-Q4_K_M'), {
      metadata: (entries) => [
        ...entries,
        stringEntry('somebody.note', 'hidden'),
        uint64Entry('somebody.id', 2n ** 63n),
        stringArrayEntry('general.tags', ['tiny', 'text-generation']),
      ],
    }),
  'a vocabulary alone': async (bases) =>
    putTogether({ metadata: (await takeApart(bases.bytes('plain-Q4_K_M'))).metadata, tensors: [] }),
  'no vocabulary size and no rope dimensions, which llama.cpp derives': (bases) =>
    rewriteGguf(bases.bytes('plain-Q4_K_M'), {
      metadata: (entries) =>
        entries.filter(
          ({ key }) => !['llama.vocab_size', 'llama.rope.dimension_count', 'llama.rope.freq_base'].includes(key), // prettier-ignore
        ),
    }),
  'an architecture that others made': foreignArchitecture,
  'right checksums beside it': (bases) => {
    const bytes = bases.bytes('plain-Q4_K_M');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const list = new TextEncoder().encode(`${sha256}  model.gguf\n`);
    return { bytes, name: 'model.gguf', beside: { SHA256SUMS: list } };
  },
  'a package around it': (bases) => {
    const bytes = bases.bytes('plain-Q4_K_M');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { bytes, name: 'model.gguf', beside: { 'router.json': packageOf(sha256) } };
  },
  'a router.json beside it that cannot be read': (bases) => ({
    bytes: bases.bytes('plain-Q4_K_M'),
    name: 'model.gguf',
    beside: { 'router.json': new TextEncoder().encode('{"parents": [') },
  }),
};

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openPytorchTensors } from '#src/formats/pytorch/open-pytorch.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import {
  buildPytorchLegacy,
  buildPytorchZip,
  buildZip,
  op,
  pickledDictionary,
  pickledTensor,
  pickleOf,
} from '#test/helpers/build-pytorch.ts';
import { mutate, type Random } from './mutations.ts';
import { runCases } from './run-cases.ts';

const goldenFile = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../golden/pytorch/${name}.bin`, import.meta.url)));
const tensors = [{ name: 'w', shape: [2, 3] }, { name: 'v', shape: [4], dtype: 'F16' as const }]; // prettier-ignore
const files = [
  goldenFile('zip'),
  goldenFile('legacy'),
  buildPytorchZip(tensors),
  buildPytorchLegacy(tensors),
];
const pickle = pickledDictionary([['w', pickledTensor({ shape: [2, 2], strides: [2, 1] })]]);

async function readSomeOfEach(source: ByteSource): Promise<void> {
  for (const tensor of await openPytorchTensors(source)) {
    const target = new Uint8Array(Math.min(8, tensor.byteLength));
    await tensor.read(tensor.byteLength - target.length, target);
  }
}

/** Pieces of pickles in any order: reaches states that damage to a sound file hardly makes. */
function randomPickle(random: Random): Uint8Array {
  const pieces: (() => string | Uint8Array)[] = [
    () => '(', () => ')', () => ']', () => '}', () => 'N', () => '\x88', () => '0', () => '1', () => '2',
    () => '\x85', () => '\x86', () => '\x87', () => 't', () => 'a', () => 'e', () => 's', () => 'u', () => 'R', () => 'b', () => 'Q',
    () => '\x81', () => '\x8f', () => '\x90', () => '\x91', () => '\x93', () => '\x94', () => 'l', () => 'd',
    () => `K${String.fromCharCode(random.below(256))}`,
    () => `q${String.fromCharCode(random.below(4))}`,
    () => `h${String.fromCharCode(random.below(4))}`,
    () => op.text(random.pick(['storage', '0', 'cpu', 'torch', 'OrderedDict', '__proto__', 'w'])),
    () => op.int(random.pick([0, 1, 4, 2 ** 31 - 1, 2 ** 31])),
    () => op.global(...random.pick<[string, string]>([['collections', 'OrderedDict'], ['torch', 'FloatStorage'], ['torch._utils', '_rebuild_tensor_v2'], ['torch._utils', '_rebuild_parameter'], ['torch', 'Size'], ['torch', 'device'], ['os', 'system']])),
    () => pickledTensor({ shape: [random.below(3), 2], strides: [random.below(3), 1], offset: random.below(3) }),
  ]; // prettier-ignore
  const body = Array.from({ length: 1 + random.below(40) }, () => random.pick(pieces)());
  return pickleOf(op.proto, random.below(2) === 0 ? '}' : '', ...body, op.stop);
}

describe('damaged PyTorch files', () => {
  it('of both forms are refused with a reason or read', async () => {
    const outcome = await runCases({
      seed: 271_828,
      cases: 3_000,
      label: 'damaged.bin',
      make: (random) => mutate(random.pick(files), random, random.pick(files)),
      read: readSomeOfEach,
    });
    expect(outcome.accepted).toBeGreaterThan(100);
    for (const code of ['pickle/invalid', 'pickle/refused', 'format/truncated']) {
      expect(outcome.refused[code], code).toBeGreaterThan(100);
    }
  });

  it('with damaged or senseless pickles are refused with a reason or read', async () => {
    const outcome = await runCases({
      seed: 161_803,
      cases: 3_000,
      label: 'damaged.bin',
      make: (random) =>
        buildZip({
          'm/data.pkl': random.below(2) === 0 ? mutate(pickle, random) : randomPickle(random),
          'm/data/0': new Uint8Array(16),
        }),
      read: readSomeOfEach,
    });
    expect(outcome.accepted).toBeGreaterThan(20);
    expect(outcome.refused['pickle/refused']).toBeGreaterThan(300);
    expect(outcome.refused['pickle/invalid']).toBeGreaterThan(300);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { openPytorchTensors } from '#src/formats/pytorch/open-pytorch.ts';

const golden = new URL('../../../golden/pytorch/', import.meta.url);

/** torch's names of element types. */
const torchNames: Record<string, string> = {
  F32: 'float32', F16: 'float16', BF16: 'bfloat16', F64: 'float64', I64: 'int64', U8: 'uint8', BOOL: 'bool', F8_E4M3: 'float8_e4m3fn',
}; // prettier-ignore

function goldenSource(name: string) {
  return memoryByteSource(readFileSync(new URL(`${name}.bin`, golden)), `${name}.bin`);
}

describe('a PyTorch checkpoint', () => {
  it.each([
    'zip',
    'legacy',
    'module-zip',
    'module-legacy',
    'protocol-4',
    'parameters',
    'plain-dict-float8',
  ])('written by torch.save as %s holds what torch.load sees', async (name) => {
    const expected: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, golden), 'utf8'));
    const tensors = await openPytorchTensors(goldenSource(name));
    const found = await Promise.all(
      tensors.map(async (tensor) => {
        const bytes = new Uint8Array(tensor.byteLength);
        // Two reads: the second starts inside the tensor.
        const half = Math.floor(bytes.length / 2);
        await tensor.read(0, bytes.subarray(0, half));
        await tensor.read(half, bytes.subarray(half));
        return {
          name: tensor.name,
          dtype: torchNames[tensor.dtype],
          shape: tensor.shape,
          hex: Buffer.from(bytes).toString('hex'),
        };
      }),
    );
    expect(found).toEqual(expected);
  });
});

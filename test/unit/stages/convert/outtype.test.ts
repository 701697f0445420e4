import { describe, expect, it } from 'vitest';
import { convertedType, plannedType, type StoredTensor } from '#src/stages/convert/outtype.ts';

const matrix = (dtype: string, name = 'blk.0.attn_q.weight'): StoredTensor => ({
  name,
  shape: [64, 64],
  dtype,
});
const vector = (dtype: string): StoredTensor => ({ ...matrix(dtype), shape: [64] });

describe('choosing a type', () => {
  it('auto follows the first matrix in half precision, else gives F16', () => {
    expect(convertedType('auto', [vector('BF16'), matrix('F32'), matrix('F16'), matrix('BF16')])).toBe('F16'); // prettier-ignore
    expect(convertedType('auto', [matrix('BF16'), matrix('F16')])).toBe('BF16');
    expect(convertedType('auto', [matrix('F32')])).toBe('F16');
  });

  it('lossless gives the one half-precision type that all matrices have, else F32', () => {
    expect(convertedType('lossless', [vector('F32'), matrix('BF16'), matrix('BF16')])).toBe('BF16');
    expect(convertedType('lossless', [matrix('F16')])).toBe('F16');
    expect(convertedType('lossless', [matrix('F16'), matrix('BF16')])).toBe('F32');
    expect(convertedType('lossless', [matrix('F32'), matrix('BF16')])).toBe('F32');
    expect(convertedType('lossless', [])).toBe('F32');
  });

  it('lossless does not mind matrices that are written in F32 anyway', () => {
    const positions = matrix('F32', 'position_embd.weight');
    expect(convertedType('lossless', [positions, matrix('F16')])).toBe('F16');
  });
});

describe('the type of a tensor', () => {
  it.each([
    ['blk.0.attn_q.weight', [64, 64], 'Q8_0', 'Q8_0'],
    ['blk.0.attn_q.weight', [48, 64], 'Q8_0', 'F16'],
    ['blk.0.attn_q.weight', [48, 64], 'BF16', 'BF16'],
    ['blk.0.attn_q.bias', [64], 'Q8_0', 'F32'],
    ['blk.0.attn_norm.weight', [64, 64], 'F16', 'F32'],
    ['position_embd.weight', [64, 64], 'F16', 'F32'],
    ['token_types.weight', [64, 2], 'BF16', 'F32'],
    ['token_embd.weight', [64, 1], 'F16', 'F16'],
    ['output.weight', [64, 64], 'F32', 'F32'],
  ] as const)('%s %j for %s is %s', (name, shape, matrixType, expected) => {
    expect(plannedType(name, shape, matrixType)).toBe(expected);
  });
});

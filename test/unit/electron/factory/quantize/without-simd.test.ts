// A runtime that compiles no WebAssembly SIMD: libggml encodes, the definition merges, and every byte is the same.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { locateLibrary } from '#electron/factory/ffi/locate-library.ts';
import { openRowLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import { checkKernels } from '#electron/factory/quantize/kernel-check.ts';
import { RowEncoder } from '#electron/factory/quantize/row-encoder.ts';
import { createQuantKernel } from '#src/kernels/quant-kernel.ts';
import { createScaledDeltaKernel } from '#src/kernels/scaled-delta-kernel.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const codec = openRowLibrary(locateLibrary());
const columns = 1024;
const rows = 5;
const values = seededFloats(9, rows * columns);
const types: readonly GgmlType[] = [
  'Q2_K',
  'Q3_K',
  'Q4_K',
  'Q5_K',
  'Q6_K',
  'Q8_0',
  'IQ4_XS',
  'F16',
];

/** As V8 refuses a module with instructions that the processor lacks. */
class RefusedModule {
  constructor() {
    throw new Error('Wasm SIMD unsupported');
  }
}

function encodings(): Uint8Array[] {
  const encoder = new RowEncoder(codec, 'auto');
  return types.map((type) => {
    const target = new Uint8Array(rowByteLength(type, rows * columns));
    encoder.rows(rows * columns).set(values);
    encoder.encode(type, encoder.rows(rows * columns), rows, columns, null, target);
    return target;
  });
}

describe('without WebAssembly SIMD', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('libggml encodes every type, to the same bytes', () => {
    const withKernel = encodings();
    vi.stubGlobal('WebAssembly', { Module: RefusedModule });
    expect(createQuantKernel()).toBeUndefined();
    expect(createScaledDeltaKernel()).toBeUndefined();
    expect(checkKernels(codec, 'auto')).toEqual([]);
    expect(encodings()).toEqual(withKernel);
  });
});

// The check that decides, on the user's machine, whether the kernel may be used.
import { describe, expect, it } from 'vitest';
import { locateLibrary } from '#electron/factory/ffi/locate-library.ts';
import { openRowLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import { checkKernels, reasonAgainst } from '#electron/factory/quantize/kernel-check.ts';
import { RowEncoder } from '#electron/factory/quantize/row-encoder.ts';
import { createQuantKernel } from '#src/kernels/quant-kernel.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

const codec = openRowLibrary(locateLibrary());

/** libggml with one bit of every encoded row turned over, as a build with other rounding would have. */
const other = {
  ...codec,
  encode: (...[type, source, target, rows, columns, weights]: Parameters<typeof codec.encode>) => {
    codec.encode(type, source, target, rows, columns, weights);
    target[target.length - 1]! ^= 1;
  },
};

describe.runIf(process.arch === 'x64')('the check of the kernel', () => {
  it('trusts every type where libggml writes the same bytes', () => {
    const found = checkKernels(codec, 'auto');
    expect(found.filter(({ kernel }) => kernel !== 'wasm')).toEqual([]);
    expect(found.map(({ type }) => type)).toContain('Q4_K');
  });

  it('leaves a type to a libggml that writes other bytes', () => {
    const reason = reasonAgainst(createQuantKernel()!, other, 'Q4_K', 'auto');
    expect(reason).toContain("its bytes differ from libggml's");
  });

  it('is overruled by --kernels', () => {
    expect(checkKernels(codec, 'ggml').every(({ kernel }) => kernel === 'ggml')).toBe(true);
    expect(checkKernels(other, 'wasm').every(({ kernel }) => kernel === 'wasm')).toBe(true);
  });

  it('makes the encoder write what its libggml writes', () => {
    const source = seededFloats(2, 1024).map((value) => value ** 3);
    const encoder = new RowEncoder(other, 'auto');
    encoder.rows(1024).set(source);
    const [ours, theirs] = [0, 1].map(() => new Uint8Array(rowByteLength('Q4_K', 1024)));
    encoder.encode('Q4_K', encoder.rows(1024), 1, 1024, null, ours!);
    other.encode('Q4_K', source, theirs!, 1, 1024, null);
    expect(ours).toEqual(theirs);
  });
});

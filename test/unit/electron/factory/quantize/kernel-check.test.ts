// The check that decides, on the user's machine, whether the kernel may be used.
import { execFileSync } from 'node:child_process';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { locateLibrary } from '#electron/factory/ffi/locate-library.ts';
import { openRowLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import { checkKernels, reasonAgainst } from '#electron/factory/quantize/kernel-check.ts';
import { RowEncoder } from '#electron/factory/quantize/row-encoder.ts';
import { kernelFacts } from '#src/cli/commands/env.ts';
import { createQuantKernel, type QuantKernel } from '#src/kernels/quant-kernel.ts';
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

  it('takes a wrong kernel out of use for just the types that it gets wrong', () => {
    const found = checkKernels(codec, 'auto', wrongKernel());
    expect(found.filter(({ kernel }) => kernel === 'ggml').map(({ type }) => type)).toEqual(['IQ4_NL', 'Q6_K']); // prettier-ignore
    const lines = kernelFacts(found).map(([, text]) => text);
    expect(lines.some((line) => line.startsWith("libggml for Q6_K: its bytes differ from libggml's"))).toBe(true); // prettier-ignore
    expect(lines).toContain('libggml for IQ4_NL: it fails: unreachable');
    const encoder = new RowEncoder(codec, 'auto', wrongKernel);
    for (const type of ['Q6_K', 'IQ4_NL', 'Q4_K'] as const) {
      const source = seededFloats(2, 2048);
      const [ours, theirs] = [0, 1].map(() => new Uint8Array(rowByteLength(type, 2048)));
      encoder.rows(2048).set(source);
      encoder.encode(type, encoder.rows(2048), 2, 1024, null, ours!);
      codec.encode(type, source, theirs!, 2, 1024, null);
      expect(ours, type).toEqual(theirs);
    }
  });

  it('says what the encoder leaves to libggml because that is faster', () => {
    const lines = kernelFacts(checkKernels(codec, 'auto')).map(([, text]) => text);
    expect(lines).toContain('libggml for encoding without importance weights of BF16, Q4_0: its own loop is faster'); // prettier-ignore
    expect(checkKernels(codec, 'wasm').every(({ faster }) => faster === undefined)).toBe(true);
  });
});

/** Turns a bit over in what it encodes as Q6_K, and traps for IQ4_NL. */
function wrongKernel(): QuantKernel {
  const kernel = createQuantKernel()!;
  return {
    ...kernel,
    encode(type, rowCount, columns, importance, target) {
      if (type === 'IQ4_NL') throw new WebAssembly.RuntimeError('unreachable');
      const refused = kernel.encode(type, rowCount, columns, importance, target);
      if (type === 'Q6_K') target[5]! ^= 1;
      return refused;
    },
  };
}

describe('a processor without WebAssembly SIMD', () => {
  // V8 builds WebAssembly SIMD on SSE 4.1, and Node can be told that the processor lacks that.
  it.runIf(process.arch === 'x64')('has no kernel', () => {
    const { outputFiles } = buildSync({
      stdin: {
        contents:
          "import { createQuantKernel } from '#src/kernels/quant-kernel.ts'; console.log(createQuantKernel() === undefined);",
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      format: 'cjs',
      platform: 'node',
      write: false,
    });
    const says = (...flags: string[]) =>
      execFileSync(process.execPath, flags, {
        input: outputFiles[0]!.text,
        encoding: 'utf8',
      }).trim();
    expect(says('--no-enable-sse4-1')).toBe('true');
    expect(says()).toBe('false');
  });

  it('encodes and decodes with libggml', () => {
    const encoder = new RowEncoder(codec, 'auto', () => undefined);
    expect(kernelFacts([])).toEqual([['Kernels', 'libggml: no WebAssembly SIMD in this Node']]);
    const source = seededFloats(2, 2048);
    const [ours, theirs] = [0, 1].map(() => new Uint8Array(rowByteLength('Q4_K', 2048)));
    encoder.rows(2048).set(source);
    encoder.encode('Q4_K', encoder.rows(2048), 2, 1024, null, ours!);
    codec.encode('Q4_K', source, theirs!, 2, 1024, null);
    expect(ours).toEqual(theirs);
    const decoded = new Float32Array(2048);
    codec.decode('Q4_K', theirs!, decoded, 2048);
    expect(encoder.decode('Q4_K', ours!, 2048)).toEqual(decoded);
  });
});

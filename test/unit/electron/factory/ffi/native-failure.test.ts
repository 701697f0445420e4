import { expect, it } from 'vitest';
import { nativeFailure } from '#electron/factory/ffi/native-failure.ts';

const lines = (...texts: string[]) => texts.map((text) => ({ level: 'error' as const, text }));

it.each([
  'ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 9663676416',
  'output_reserve: failed to allocate output buffer of size 600.00 MiB',
  'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 9216.00 MiB on device 0: cudaMalloc failed: out of memory',
])('says that memory is short where llama.cpp says: %s', (text) => {
  const error = nativeFailure('native/failed', 'llama.cpp cannot make a context', lines(text));
  expect(error.code).toBe('memory/short');
  expect(error.message).toContain('cannot make a context');
});

it('keeps the given code for other reasons', () => {
  const error = nativeFailure('native/failed', 'No', lines('error loading model: unknown type'));
  expect(error).toMatchObject({
    code: 'native/failed',
    message: 'No: error loading model: unknown type.',
  });
});

it('does not take a warning about memory for the reason', () => {
  const warning = { level: 'warning' as const, text: 'failed to allocate pinned memory' };
  expect(nativeFailure('native/failed', 'No', [warning]).code).toBe('native/failed');
});

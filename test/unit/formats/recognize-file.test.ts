import { describe, expect, it } from 'vitest';
import { recognizeFile } from '#src/formats/recognize-file.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { buildPytorchLegacy, buildPytorchZip } from '#test/helpers/build-pytorch.ts';
import { buildSafetensors } from '#test/helpers/build-safetensors.ts';

const text = (value: string) => new TextEncoder().encode(value);
const tensors = [{ name: 'w', shape: [2] }];

describe('recognizeFile', () => {
  it.each<[string, Uint8Array, string]>([
    ['a GGUF file', buildGguf({ tensors }), 'gguf'],
    ['a safetensors file', buildSafetensors(tensors), 'safetensors'],
    ['a PyTorch file', buildPytorchZip(tensors), 'zip'],
    ['an old PyTorch file', buildPytorchLegacy(tensors), 'pickle'],
    ['a git-LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n'), 'git-lfs'],
    ['a web page', text('  \r\n<HTML lang="en">'), 'html'],
    ['an error of a storage service', text('<?xml version="1.0"?><Error/>'), 'xml'],
    ['an error of an API', text('{"error":"Repository not found"}'), 'json'],
    ['a text', text('Entry not found\n'), 'text'],
    ['an HDF5 file', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10), 'hdf5'],
    ['nothing', new Uint8Array(0), 'empty'],
    ['zeros', new Uint8Array(600), 'zeros'],
    ['noise', Uint8Array.of(1, 2, 3, 250), 'unknown'],
  ])('knows %s', (_, bytes, kind) => {
    const found = recognizeFile(bytes.subarray(0, 512), bytes.length);
    expect(found.kind).toBe(kind);
    expect(found.hint).not.toBe('');
  }); // prettier-ignore

  it('says how large the file behind a pointer is', () => {
    const pointer = text(
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9876543210\n',
    );
    expect(recognizeFile(pointer, pointer.length).description).toContain('9876543210 bytes');
  });
});

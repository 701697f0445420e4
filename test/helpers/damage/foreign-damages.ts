// Files that are no GGUF, or none that this machine can use: what lies under a model's name after a failed download.
import { viewOf } from './gguf-anatomy.ts';
import { seededBytes } from './byte-edits.ts';
import type { DamageTable } from './damage-kind.ts';

const text = (content: string) => new TextEncoder().encode(content);
/** Noise behind a signature. */
const withHead = (head: string) => (): Uint8Array => {
  const file = seededBytes(23, 30_000);
  file.set(Uint8Array.from(head, (character) => character.charCodeAt(0)));
  return file;
};

const pointer = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 2891232
`;
const page = `<!DOCTYPE html>
<html class=""><head><title>seedling-4m-Q4_K_M.gguf</title></head><body>Sign in to see this file.</body></html>
`;
const refusal = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>
`;

function safetensors(): Uint8Array {
  const header = text('{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}');
  const file = new Uint8Array(8 + header.length + 16);
  viewOf(file).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}

export const foreignDamages: DamageTable = {
  empty: {
    sentence: 'has no bytes at all',
    base: 'plain-Q4_K_M',
    damage: () => new Uint8Array(),
    codes: ['file/empty'],
    repair: 'none',
  },
  'lfs-pointer': {
    sentence: 'is a git-LFS pointer',
    base: 'plain-Q4_K_M',
    damage: () => text(pointer),
    codes: ['file/lfs-pointer'],
    repair: 'none',
  },
  'web-page': {
    sentence: 'is a saved web page',
    base: 'plain-Q4_K_M',
    damage: () => text(page),
    codes: ['file/web-page'],
    repair: 'none',
  },
  'storage-refusal': {
    sentence: "is a storage service's refusal in XML",
    base: 'plain-Q4_K_M',
    damage: () => text(refusal),
    codes: ['file/web-page'],
    repair: 'none',
  },
  'json-error': {
    sentence: 'is a JSON error message',
    base: 'plain-Q4_K_M',
    damage: () => text('{"error":"Repository not found"}'),
    codes: ['file/unknown'],
    repair: 'none',
  },
  safetensors: {
    sentence: 'is a safetensors file',
    base: 'plain-Q4_K_M',
    damage: safetensors,
    codes: ['file/safetensors'],
    repair: 'none',
  },
  zip: {
    sentence: 'is a zip archive',
    base: 'plain-Q4_K_M',
    damage: withHead('PK\x03\x04'),
    codes: ['file/zip'],
    repair: 'none',
  },
  ggjt: {
    sentence: 'is a model in the GGJT format of 2023',
    base: 'plain-Q4_K_M',
    damage: withHead('tjgg\x03\x00\x00\x00'),
    codes: ['file/legacy-ggml'],
    repair: 'none',
  },
  ggml: {
    sentence: 'is a model in the first GGML format',
    base: 'plain-Q4_K_M',
    damage: withHead('lmgg'),
    codes: ['file/legacy-ggml'],
    repair: 'none',
  },
  zeros: {
    sentence: 'holds nothing but zeros',
    base: 'plain-Q4_K_M',
    damage: (base) => base.fill(0),
    codes: ['file/zeros'],
    repair: 'none',
  },
  noise: {
    sentence: 'holds random bytes',
    base: 'plain-Q4_K_M',
    damage: () => seededBytes(11, 20_000),
    codes: ['file/unknown'],
    repair: 'none',
  },
};

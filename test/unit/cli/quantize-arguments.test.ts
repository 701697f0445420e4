import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  parseLevelArgument,
  parseMetadataOverride,
  parsePruneLayers,
  parseTensorType,
  readTensorTypeFile,
} from '#src/cli/quantize-arguments.ts';

describe('parseLevelArgument', () => {
  it('reads names, aliases, numbers and COPY as try_parse_ftype does', () => {
    expect(parseLevelArgument('q4_k_m')).toEqual({ level: 'Q4_K_M', name: 'Q4_K_M' });
    // The file name keeps the alias: ggml-model-Q4_K.gguf.
    expect(parseLevelArgument('Q4_K')).toEqual({ level: 'Q4_K_M', name: 'Q4_K' });
    expect(parseLevelArgument('15')).toEqual({ level: 'Q4_K_M', name: 'Q4_K_M' });
    expect(parseLevelArgument('copy')).toEqual({ level: 'COPY', name: 'COPY' });
    expect(parseLevelArgument('out.gguf')).toBeUndefined();
    expect(parseLevelArgument('9999')).toBeUndefined();
    expect(parseLevelArgument('constructor')).toBeUndefined();
  });
});

describe('parseTensorType', () => {
  it('ends the pattern at the first equals sign and lower-cases it', () => {
    expect(parseTensorType('BLK\\.0=q8_0', '--tensor-type')).toEqual(['blk\\.0', 'Q8_0']);
    expect(parseTensorType('a=Q4_K', '--tensor-type')).toEqual(['a', 'Q4_K']);
  });
  it.each(['', 'a', '=q8_0', 'a=', 'a=b=q8_0'])('refuses "%s"', (text) => {
    expect(() => parseTensorType(text, '--tensor-type')).toThrow(/--tensor-type/);
  });
});

describe('readTensorTypeFile', () => {
  it('takes spaces and line breaks between entries, and names the file in errors', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gguf-studio-'));
    try {
      const path = join(folder, 'types.txt');
      writeFileSync(path, 'a=q8_0  b=q4_k\r\n\n c=f16\n');
      expect(readTensorTypeFile(path)).toEqual([
        ['a', 'Q8_0'],
        ['b', 'Q4_K'],
        ['c', 'F16'],
      ]);
      writeFileSync(path, 'a=q8_0 nonsense');
      expect(() => readTensorTypeFile(path)).toThrow(path);
      expect(() => readTensorTypeFile(join(folder, 'none'))).toThrow(/does not exist/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('parsePruneLayers', () => {
  it('sorts and keeps each layer once', () => {
    expect(parsePruneLayers('3,1, 3,0')).toEqual([0, 1, 3]);
  });
  it.each(['', '1,', '-1', '1.5', 'a'])('refuses "%s"', (text) => {
    expect(() => parsePruneLayers(text)).toThrow(/--prune-layers/);
  });
});

describe('parseMetadataOverride', () => {
  it('reads the four types', () => {
    expect(parseMetadataOverride('a.b=int:-3')).toEqual({ key: 'a.b', type: 'int', value: -3 });
    expect(parseMetadataOverride('k=float:1e4')).toEqual({
      key: 'k',
      type: 'float',
      value: 10_000,
    });
    expect(parseMetadataOverride('k=bool:true')).toEqual({ key: 'k', type: 'bool', value: true });
    expect(parseMetadataOverride('k=str:a=b:c')).toEqual({ key: 'k', type: 'str', value: 'a=b:c' });
  });
  it.each([
    'k',
    'k=3',
    '=int:3',
    'k=int:3.5',
    'k=int:',
    'k=float:x',
    'k=float:',
    'k=bool:yes',
    `k=str:${'x'.repeat(128)}`,
    `${'k'.repeat(128)}=int:1`,
  ])('refuses "%s"', (text) => {
    expect(() => parseMetadataOverride(text)).toThrow(/--override-kv/);
  });
});

// Files equal, byte for byte, what convert_lora_to_gguf.py of llama.cpp v0.5.0 writes (make-references.py).
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openFolder } from '#src/io/folder.ts';
import { convertPeftFolder, type LoraOuttype } from '#src/stages/convert-lora/convert-lora.ts';
import { baseOfConfig, type AdapterBase } from '#src/stages/merge/adapter-base.ts';
import { modelBytes } from '#test/helpers/model-bytes.ts';
import { caseFolder } from './case-folder.ts';
import casesFile from './convert-cases.json' with { type: 'json' };
import references from './convert-lora.json' with { type: 'json' };

const seedling = new URL('../../../assets/seedling/', import.meta.url).pathname;

async function sha256OfConversion(folder: FolderPort, base: AdapterBase, outtype: string) {
  const converted = await convertPeftFolder(folder, base, outtype as LoraOuttype);
  const hash = createHash('sha256')
    .update(await modelBytes(converted))
    .digest('hex');
  await converted.close();
  return hash;
}

describe('convert-lora equals convert_lora_to_gguf.py', () => {
  const hashes: Record<string, Record<string, string | undefined>> = references.hashes;
  const seedlings = Object.keys(hashes).filter((name) => name.startsWith('seedling/'));

  it('has references for all eight adapters and every case', () => {
    expect(seedlings).toHaveLength(8);
    const others = Object.keys(hashes).filter((name) => !seedlings.includes(name));
    expect(others).toEqual(casesFile.cases.map(({ name }) => name));
  });

  it.each(seedlings)('for %s', async (name) => {
    const config = await readJsonObject(await openFolder(`${seedling}seedling-4m`), 'config.json');
    const base = baseOfConfig(config, 'seedling-4m');
    const folder = await openFolder(`${seedling}adapters/${name.slice('seedling/'.length)}`);
    for (const [outtype, hash] of Object.entries(hashes[name] ?? {})) {
      expect([outtype, await sha256OfConversion(folder, base, outtype)]).toEqual([outtype, hash]);
    }
  });

  it.each(casesFile.cases)('for $name', async (testCase) => {
    const base = baseOfConfig(testCase.base, testCase.name);
    for (const [outtype, hash] of Object.entries(hashes[testCase.name] ?? {})) {
      const actual = await sha256OfConversion(caseFolder(testCase), base, outtype);
      expect([outtype, actual]).toEqual([outtype, hash]);
    }
  });
});

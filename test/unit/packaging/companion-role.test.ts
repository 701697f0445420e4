import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { boolEntry, stringArrayEntry, stringEntry } from '#src/formats/gguf/entries.ts';
import {
  checkNeeds,
  describeCompanion,
  needsOf,
  type CompanionRole,
} from '#src/packaging/companion-role.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';

const folder = mkdtempSync(join(tmpdir(), 'gguf-studio-companions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function file(bytes: Uint8Array): string {
  const path = join(folder, `${count++}.gguf`);
  writeFileSync(path, bytes);
  return path;
}
const gguf = (architecture: string, ...more: Parameters<typeof stringEntry>[]) =>
  file(
    buildGguf({
      metadata: [
        stringEntry('general.architecture', architecture),
        ...more.map(([key, value]) => stringEntry(key, value)),
      ],
      tensors: [{ name: 'a', shape: [4] }],
    }),
  );
const rolesOf = async (path: string) => (await describeCompanion(path)).roles;

function whisper(vocabulary: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(new TextEncoder().encode('lmgg'));
  const view = new DataView(bytes.buffer);
  view.setInt32(4, vocabulary, true);
  view.setInt32(8, 1500, true);
  return bytes;
}

describe('companions', () => {
  it('are told by their own metadata', async () => {
    expect(await rolesOf(gguf('wavtokenizer-dec'))).toEqual(['vocoder']);
    expect(await rolesOf(gguf('clip'))).toEqual(['mmproj']);
    expect(await rolesOf(gguf('whisper'))).toEqual(['asr']);
    expect(await rolesOf(file(whisper(51_865)))).toEqual(['asr']);
    expect(await rolesOf(gguf('bert'))).toEqual(['emotion']);
    expect(await rolesOf(gguf('llama', ['general.type', 'adapter']))).toEqual([]);
  });

  it('recognize a projector that hears, and one that speaks', async () => {
    const entries = [
      stringEntry('general.architecture', 'clip'),
      boolEntry('clip.has_audio_encoder', true),
    ];
    const hears = file(buildGguf({ metadata: entries, tensors: [{ name: 'a', shape: [4] }] }));
    expect(await rolesOf(hears)).toEqual(['mmproj', 'asr']);
    const speaking = [...entries, boolEntry('clip.has_gen_audio_encoder', true)];
    const speaks = file(buildGguf({ metadata: speaking, tensors: [{ name: 'a', shape: [4] }] }));
    expect(await rolesOf(speaks)).toContain('vocoder');
  });

  it('recognize a voice model by its audio tokens, and ask for its vocoder', async () => {
    const tokens = Array.from({ length: 600 }, (_, index) => `<|${index}|>`);
    const voice = file(
      buildGguf({
        metadata: [stringArrayEntry('tokenizer.ggml.tokens', tokens)],
        tensors: [{ name: 'a', shape: [4] }],
      }),
    );
    const facts = await describeCompanion(voice);
    expect(needsOf(voice, 'tts', facts)).toEqual(['vocoder']);
  });

  it('are refused a role that they cannot play, with the one that they can', async () => {
    const path = gguf('wavtokenizer-dec');
    const facts = await describeCompanion(path);
    for (const role of ['tts', 'asr', 'emotion', 'mmproj'] satisfies CompanionRole[]) {
      expect(() => needsOf(path, role, facts)).toThrow(/cannot be the companion/);
    }
    expect(needsOf(path, 'vocoder', facts)).toEqual([]);
  });

  it('are refused when they are no models', async () => {
    const page = file(new TextEncoder().encode('<!DOCTYPE html><html>not found</html>'));
    await expect(describeCompanion(page)).rejects.toThrow(/HTML page/);
    await expect(describeCompanion(join(folder, 'nothing'))).rejects.toThrow(/does not exist/);
    expect(await rolesOf(file(whisper(1)))).toEqual([]);
  });

  it('are refused without the part that they need', () => {
    expect(() => checkNeeds([{ role: 'tts', needs: ['vocoder'] }])).toThrow(/needs a vocoder/);
    expect(() => checkNeeds([{ role: 'tts', needs: ['vocoder'] }, { role: 'vocoder' }])).not.toThrow(); // prettier-ignore
  });
});

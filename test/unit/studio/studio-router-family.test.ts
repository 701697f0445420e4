// A real family behind the window: an embedding model is checked and put beside the manifest, exports are written with what
// they name, and nothing that lies somewhere is replaced without a word.
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileReference } from '#src/contract/studio/files.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { uint32Entry } from '#src/formats/gguf/entries.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { copyWithEntry } from '#test/helpers/copy-with-template.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { openTestStudio, type TestStudio } from '#test/helpers/open-test-studio.ts';
import { seedlingFolder, studioFolder, type StudioFolder } from '#test/helpers/run-studio.ts';

let commands: StudioFolder;
let studio: TestStudio;
let family: FileReference;
let manifest: RouterManifest;
const models = () => join(studio.workspace, 'models');
const folder = () => dirname(family.path);
/** No routing set knows it: thresholds come from its examples alone. */
const route = 'care/complaints';

beforeAll(async () => {
  commands = studioFolder();
  studio = await openTestStudio();
  const outputs = join(studio.workspace, 'outputs', 'family');
  const steps = [
    ['quantize', `${seedlingFolder}/seedling-4m`, 'base.gguf', 'Q8_0'],
    ['package', outputs, 'base.gguf', '--lora', `${seedlingFolder}/adapters/conditions`, '--domain', 'healthcare', '--no-validate'],
  ]; // prettier-ignore
  for (const words of steps) {
    const { code, stderr } = await commands.run(...words);
    if (code !== 0) throw new Error(stderr);
  }
  await mkdir(models(), { recursive: true });
  // Seedling with a pooling of its own is an embedding model to llama.cpp.
  await copyWithEntry(
    commands.path('base.gguf'),
    join(models(), 'embedder.gguf'),
    uint32Entry('llama.pooling_type', 1),
  );
  const [found] = await studio.call('listManifests', {});
  if (found === undefined) throw new Error('The family is not listed.');
  family = found.file;
  ({ manifest } = await studio.call('openManifest', { file: family.id }));
}, 120_000);
afterAll(async () => {
  await studio.dispose();
  commands.remove();
});

async function idOf(path: string): Promise<string> {
  const id = await studio.studio.acceptPaths([path]);
  if (id[0] === undefined) throw new Error(`${path} has no id.`);
  return id[0];
}
const add = async (path: string) =>
  studio.call('addEmbeddingModel', { file: family.id, model: await idOf(path) });

describe('an embedding model that is chosen for a family', () => {
  it('is asked, copied beside the manifest, trained for, and verified once it is saved', async () => {
    const model = join(models(), 'embedder.gguf');
    const before = await readFile(family.path, 'utf8');
    const added = await add(model);
    expect(added).toMatchObject({
      file: 'embedding/embedder.gguf',
      dimensions: 256,
      reused: false,
    });
    expect(added.sha256).toBe(await hashFile(model));
    expect(await readFile(join(folder(), added.file))).toEqual(await readFile(model));
    // The manifest is the window's to edit.
    expect(await readFile(family.path, 'utf8')).toBe(before);

    const edited: RouterManifest = {
      ...manifest,
      routes: manifest.routes.map((one) => ({
        ...one,
        id: route,
        examples: ['My knee hurts', 'I have a fever', 'A rash on my arm', 'My back aches'],
      })),
      classifier: { kind: 'cascade', file: added.file, sha256: added.sha256 },
    };
    const trained = await studio.call('trainRouter', { file: family.id, manifest: edited, examples: false }); // prettier-ignore
    expect(trained.routes[0]?.threshold).toBeGreaterThan(0);
    const decision = await studio.call('testRoute', { file: family.id, manifest: trained, text: 'My knee hurts' }); // prettier-ignore
    expect(decision.route).toBe(route);
    const { sha256 } = await studio.call('openManifest', { file: family.id });
    const saved = await studio.call('saveManifest', { file: family.id, manifest: trained, sha256 });
    expect(saved.problems.filter(({ at }) => at.startsWith('/classifier'))).toEqual([]);
    const { code, document } = await commands.json('verify', folder());
    expect([code, document.result?.['passed']]).toEqual([0, true]);
  }, 120_000);

  it('is used where it lies in the family already, and never written over another of its name', async () => {
    const model = join(models(), 'embedder.gguf');
    expect(await add(model)).toMatchObject({ file: 'embedding/embedder.gguf', reused: true });
    expect(await add(join(folder(), 'embedding', 'embedder.gguf'))).toMatchObject({
      file: 'embedding/embedder.gguf',
      reused: true,
    });
    const other = join(models(), 'other', 'embedder.gguf');
    await mkdir(dirname(other));
    await copyWithEntry(model, other, uint32Entry('general.quantization_version', 2));
    await copyWithEntry(other, other, uint32Entry('llama.attention.causal_unused', 1));
    const first = await hashFile(join(folder(), 'embedding', 'embedder.gguf'));
    expect(await add(other)).toMatchObject({ file: 'embedding/embedder-2.gguf', reused: false });
    expect(await hashFile(join(folder(), 'embedding', 'embedder.gguf'))).toBe(first);
  }, 60_000);

  it('is refused with the reason where it cannot embed, and nothing is copied', async () => {
    const adapter = join(models(), 'adapter.gguf');
    await commands.run('convert-lora', `${seedlingFolder}/adapters/conditions`, '--base', `${seedlingFolder}/seedling-4m`, '--outfile', adapter); // prettier-ignore
    const broken = join(models(), 'broken.gguf');
    await writeFile(broken, 'GGUF and nothing else');
    const ranker = join(models(), 'ranker.gguf');
    await copyWithEntry(commands.path('base.gguf'), ranker, uint32Entry('llama.pooling_type', 4));
    const chat = join(models(), 'chat.gguf');
    await copyFile(commands.path('base.gguf'), chat);
    const refusals: [string, RegExp][] = [
      [chat, /chat model \(llama\): its header names no pooling/],
      [adapter, /LoRA adapter/],
      [ranker, /makes no vectors/],
      [broken, /cannot be used/],
      [join(seedlingFolder, 'seedling-4m'), /is no GGUF yet/],
    ];
    for (const [path, reason] of refusals) {
      await expectRefusal(add(path), 'routing/embedding', reason);
    }
    for (const path of [chat, adapter, ranker, broken]) {
      await expect(stat(join(folder(), 'embedding', basename(path)))).rejects.toThrow();
    }
  }, 60_000);
});

describe('an export that is saved', () => {
  const save = async (format: 'llama-server' | 'llama-swap' | 'lm-studio' | 'ollama', overwrite = false) =>
    studio.call('saveExport', { file: family.id, format, folder: await idOf(models()), overwrite }); // prettier-ignore

  it('lies in a folder of its own with all that its texts name', async () => {
    for (const format of ['llama-server', 'llama-swap', 'lm-studio'] as const) {
      const { folder: place, files } = await save(format);
      expect(basename(place.path)).toBe(`family-${format}`);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files)
        expect((await stat(join(place.path, file))).size).toBeGreaterThan(0);
      // Again: the same files are left alone.
      expect((await save(format)).files).toEqual(files);
    }
  }, 60_000);

  it('leaves what somebody edited, even at the same length, until it is told to replace it', async () => {
    const { folder: place, files } = await save('llama-swap');
    const name = files.find((file) => file.endsWith('.yaml'));
    if (name === undefined) throw new Error(`No YAML among ${files.join(', ')}`);
    const path = join(place.path, name);
    const written = await readFile(path, 'utf8');
    const edited = `${written.slice(0, -2)}x\n`;
    await writeFile(path, edited);
    const refusal = await save('llama-swap').catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'output/exists' });
    // A window has no options to type.
    expect((refusal as { hint?: string }).hint).not.toContain('--');
    expect(await readFile(path, 'utf8')).toBe(edited);
    await save('llama-swap', true);
    expect(await readFile(path, 'utf8')).toBe(written);
  });

  it('stops when it is told to, with nothing half-written under a final name', async () => {
    await rm(join(models(), 'family-lm-studio'), { recursive: true, force: true });
    const stop = new AbortController();
    const target = await idOf(models());
    const saving = studio.call(
      'saveExport',
      { file: family.id, format: 'lm-studio', folder: target, overwrite: false },
      { signal: stop.signal, onEvent: () => stop.abort() },
    );
    await expect(saving).rejects.toThrow();
    const { files } = await save('lm-studio');
    for (const file of files.filter((name) => name.endsWith('.gguf'))) {
      const copy = join(models(), 'family-lm-studio', file);
      expect(await hashFile(copy)).toBe(await hashFile(join(folder(), basename(file))));
    }
  });

  it('tells why a bundle is nothing for Ollama', async () => {
    const failed = await save('ollama').catch((error: unknown) => error);
    expect((failed as Error).message).toMatch(/ollama|adapter|merged/i);
  });
});

// The embedded family, built by its own recipe through the real command line, and everything that is done with packages.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { Verification } from '#src/contract/packaging.ts';
import golden from '../golden/packages/llama-simple.json' with { type: 'json' };
import { studioFolder, type StudioFolder } from '#test/helpers/run-studio.ts';

const embedded = JSON.parse(
  readFileSync(new URL('../../assets/seedling-family/router.json', import.meta.url), 'utf8'),
) as RouterManifest;
const sha256Of = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

let studio: StudioFolder;
let built: { code: number | null; stderr: string };
const family = (...names: string[]) =>
  studio.path('home', 'seedling', 'outputs', 'seedling', ...names);
const healthcare = () => family('bundled', 'seedling-4m-healthcare-Q8_0.gguf');
const adapter = (name: string) => studio.path('home', 'seedling', 'adapters', name);

beforeAll(async () => {
  studio = studioFolder();
  await studio.run('library', '--quiet');
  built = await studio.run('build', studio.path('home', 'seedling', 'seedling.recipe.json'), '-q');
}, 180_000);
afterAll(() => studio.remove());

async function verify(path: string): Promise<{ code: number | null; found: Verification }> {
  const { code, document } = await studio.json('verify', path);
  return { code, found: document.result as unknown as Verification };
}

const failedOf = ({ checks }: Verification) =>
  checks.filter(({ status }) => status === 'failed').map(({ check }) => check);

describe('the embedded family', () => {
  it('is built, every file loaded by llama.cpp, by one recipe', () => {
    expect(built.stderr).not.toContain('Error');
    expect(built.code).toBe(0);
  });

  it('holds the very files that stock llama.cpp answered from', () => {
    const found = Object.keys(golden.files).map((name) => [name, sha256Of(family(name))]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(golden.files).map(([name, { sha256 }]) => [name, sha256])),
    );
  });

  it('has the manifest that ships without a build (else: node configs/build/write-seedling-family.mjs)', () => {
    expect(JSON.parse(readFileSync(family('bundled', 'router.json'), 'utf8'))).toEqual(embedded);
  });

  it.each(['bundled', 'merged', 'universal', 'universal-merged'])(
    'verifies as %s',
    async (name) => {
      const { code, found } = await verify(family(name));
      expect(failedOf(found)).toEqual([]);
      expect(code).toBe(0);
    },
  );
});

describe('verify', () => {
  it('finds a changed byte, a missing file and a link that leads out, and exits with 1', async () => {
    const folder = studio.path('damaged');
    cpSync(family('bundled'), folder, { recursive: true });
    const changed = studio.path('damaged', 'seedling-4m-healthcare-Q8_0.gguf');
    const bytes = readFileSync(changed);
    bytes[2_000_000] = (bytes[2_000_000] ?? 0) ^ 1;
    writeFileSync(changed, bytes);
    const moved = studio.path('damaged', 'seedling-4m-business-Q8_0.gguf');
    renameSync(moved, studio.path('outside.gguf'));
    symlinkSync(studio.path('outside.gguf'), moved);
    renameSync(studio.path('damaged', 'seedling-4m-creative-Q8_0.gguf'), studio.path('gone.gguf'));
    const { code, found } = await verify(folder);
    expect(code).toBe(1);
    const failed = found.checks.filter(({ status }) => status === 'failed');
    expect(failed.map(({ subject, check }) => `${subject} ${check}`)).toEqual(
      expect.arrayContaining([
        'seedling-4m-healthcare-Q8_0.gguf hash',
        'seedling-4m-business-Q8_0.gguf place',
        'seedling-4m-creative-Q8_0.gguf place',
      ]),
    );
  });

  it('tells of a bundle that was cut short', async () => {
    const cut = studio.path('cut.gguf');
    cpSync(healthcare(), cut);
    truncateSync(cut, 5_500_000);
    const { code, found } = await verify(cut);
    expect(code).toBe(1);
    expect(found.checks.find(({ status }) => status === 'failed')?.message).toContain('5500000');
  });

  it('takes an edited manifest over when it is asked to', async () => {
    const folder = studio.path('edited');
    cpSync(family('universal'), folder, { recursive: true });
    const path = studio.path('edited', 'router.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as RouterManifest;
    writeFileSync(path, JSON.stringify({ ...manifest, note: 'edited by hand' }));
    expect(failedOf((await verify(folder)).found)).toEqual(['checksums']);
    expect((await studio.run('verify', folder, '--update-checksums')).code).toBe(0);
    expect((await verify(folder)).code).toBe(0);
  });
});

describe('unpack and package', () => {
  it('take an adapter out so that the file is the one that was built without it', async () => {
    const recipe = studio.path('home', 'seedling', 'one.recipe.json');
    const nodes = [
      { id: 'base', kind: 'base', path: 'seedling-4m' },
      { id: 'a', kind: 'adapter', path: 'adapters/conditions', domain: 'healthcare', subdomain: 'conditions' },
      { id: 'q', kind: 'quantize', levels: ['Q8_0'] },
      { id: 'p', kind: 'package', form: 'bundled', domain: 'healthcare', contextWindow: 1024, folder: 'one' },
    ]; // prettier-ignore
    const edges = [
      { from: 'base', to: 'q' },
      { from: 'q', to: 'p' },
      { from: 'a', to: 'p' },
    ];
    writeFileSync(recipe, JSON.stringify({ version: 1, nodes, edges }));
    expect((await studio.run('build', recipe, '--no-validate', '-q')).code).toBe(0);
    const out = studio.path('without.gguf');
    const words = ['package', 'remove', healthcare(), '--adapter', 'anatomy', '-o', out];
    expect((await studio.run(...words)).code).toBe(0);
    const wanted = studio.path('home', 'seedling', 'one', 'seedling-4m-healthcare-Q8_0.gguf');
    expect(sha256Of(out)).toBe(sha256Of(wanted));
  });

  it('add an adapter to a bundle; the new file passes every check and the old one is unchanged', async () => {
    const before = sha256Of(healthcare());
    const out = studio.path('more.gguf');
    const words = ['package', 'add', healthcare(), '--lora', adapter('science'), '--domain', 'education', '-o', out]; // prettier-ignore
    const { code, document } = await studio.json(...words);
    expect(code).toBe(0);
    expect(document.result?.adapters).toEqual([
      'healthcare/conditions',
      'healthcare/anatomy',
      'education/science',
    ]);
    const { found } = await verify(out);
    expect(failedOf(found)).toEqual([]);
    expect(found.checks.some(({ check, message }) => check === 'tensors' && message.includes('hashes match'))).toBe(true); // prettier-ignore
    expect(sha256Of(healthcare())).toBe(before);
    const again = await studio.json(...words.slice(0, -1), studio.path('twice.gguf'), '--lora', adapter('science')); // prettier-ignore
    expect(again.document.error?.code).toBe('build/conflict');
    expect((await studio.run('validate', out)).code).toBe(0);
  });

  it('never write over the parent that is read', async () => {
    const words = ['package', 'remove', healthcare(), '--adapter', 'anatomy', '-o', healthcare()];
    const { document } = await studio.json(...words, '--overwrite');
    expect(document.error?.code).toBe('output/is-input');
  });

  it('unpack adapters as they were packed, and the plain base', async () => {
    const folder = studio.path('unpacked');
    const { code, document } = await studio.json('unpack', healthcare(), '--base', '-o', folder);
    expect(code).toBe(0);
    const { adapters, base } = document.result as { adapters: { path: string; sha256: string }[]; base: { path: string } }; // prettier-ignore
    expect(adapters.map(({ path }) => path.replace(/^.*[/\\]/, ''))).toEqual([
      'seedling-4m-healthcare-conditions-F32-LoRA.gguf',
      'seedling-4m-healthcare-anatomy-F32-LoRA.gguf',
    ]);
    for (const { path, sha256 } of adapters) expect(sha256Of(path)).toBe(sha256);
    expect((await verify(base.path)).code).toBe(0);
    const unknown = await studio.json('unpack', healthcare(), '--adapter', 'heart', '-o', folder);
    expect(unknown.document.error?.code).toBe('bundle/unknown-adapter');
  });

  it('package a plain base with an adapter by hand, and go on where everything is current', async () => {
    const base = studio.path('unpacked', 'seedling-4m-healthcare-base-Q8_0.gguf');
    const folder = studio.path('by-hand');
    const words = ['package', folder, base, '--lora', adapter('anatomy'), '--domain', 'healthcare', '--name', 'mine', '--no-validate']; // prettier-ignore
    const { code, document } = await studio.json(...words);
    expect(document.error).toBeUndefined();
    expect(code).toBe(0);
    expect((await verify(folder)).code).toBe(0);
    const manifest = JSON.parse(readFileSync(studio.path('by-hand', 'router.json'), 'utf8')) as RouterManifest; // prettier-ignore
    expect(manifest.name).toBe('mine');
    expect(manifest.routes.map(({ id }) => id)).toEqual(['healthcare/anatomy']);
    const card = readFileSync(studio.path('by-hand', 'README.md'), 'utf8');
    expect(card).toContain('## Provenance');
    expect((await studio.json(...words)).code).toBe(0);
  });

  it('take no adapter for a family, and say where it belongs', async () => {
    const { document } = await studio.json('package', studio.path('none'), adapter('anatomy'));
    expect(document.error?.code).toBe('package/invalid');
    expect(document.error?.hint).toContain('--lora');
  });

  it('gather families into one that can be moved', async () => {
    const folder = studio.path('gathered');
    const words = ['package', folder, family('bundled'), family('universal', 'router.json'), '--name', 'all']; // prettier-ignore
    const { code, document } = await studio.json(...words);
    expect(document.error).toBeUndefined();
    expect(code).toBe(0);
    renameSync(folder, studio.path('elsewhere'));
    expect((await verify(studio.path('elsewhere'))).code).toBe(0);
  });

  it('refuse a companion that cannot play its role, or lacks its other part', async () => {
    const folder = studio.path('voice');
    const words = ['package', folder, healthcare()];
    const wrong = await studio.json(...words, '--companion', `vocoder=${healthcare()}`);
    expect(wrong.document.error?.code).toBe('companion/mismatch');
    expect(wrong.document.error?.message).toContain('chat model');
    const role = await studio.json(...words, '--companion', `voise=${healthcare()}`);
    expect(role.document.error?.code).toBe('usage/invalid');
    expect(existsSync(studio.path('voice', 'router.json'))).toBe(false);
  });
});

describe('route export', () => {
  const exported = async (format: string, ...more: string[]) => {
    const manifest = family('bundled', 'router.json');
    return studio.json('route', 'export', '--manifest', manifest, '--format', format, ...more);
  };

  it('gives llama-swap a configuration that is YAML', async () => {
    const { document } = await exported('llama-swap');
    const [file] = document.result?.files as { text: string }[];
    const config = parseYaml(file?.text ?? '') as { models: Record<string, { cmd: string }> };
    expect(Object.keys(config.models)).toContain('healthcare/conditions');
    expect(config.models['healthcare/conditions']?.cmd).toContain('--lora');
  });

  it('refuses to give Ollama bundled parents, and says what to do', async () => {
    const { code, document } = await exported('ollama');
    expect(document.error?.code).toBe('export/unsupported');
    expect(document.error?.hint).toContain('merged');
    expect(code).toBe(2);
  });

  const server = process.env.GGUF_STUDIO_LLAMA_SERVER;
  it.skipIf(server === undefined)(
    'gives llama-server a preset that it loads, with the adapter on',
    async () => {
      const folder = studio.path('llama-server');
      expect((await exported('llama-server', '-o', folder)).code).toBe(0);
      const port = await freePort();
      const preset = studio.path('llama-server', 'router.preset.ini');
      const words = ['--models-preset', preset, '--host', '127.0.0.1', '--port', String(port)];
      const child = spawn(server ?? '', words, { stdio: 'ignore' });
      try {
        const address = `http://127.0.0.1:${port}`;
        const models = await eventually(async () => {
          const response = await fetch(`${address}/v1/models`);
          return (await response.json()) as { data: { id: string }[] };
        });
        expect(models.data.map(({ id }) => id)).toContain('healthcare/conditions');
        const body = { model: 'healthcare/conditions', prompt: 'A fever is', max_tokens: 8, temperature: 0 }; // prettier-ignore
        const text = await eventually(async () => {
          const response = await fetch(`${address}/v1/completions`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          });
          const { choices } = (await response.json()) as { choices: { text: string }[] };
          return choices[0]?.text ?? '';
        });
        expect(text.length).toBeGreaterThan(0);
      } finally {
        child.kill('SIGTERM');
      }
    },
    120_000,
  );
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function eventually<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

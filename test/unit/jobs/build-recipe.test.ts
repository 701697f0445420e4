// Builds of real models: what is written, what is reused, what is refused.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { readBundle, openMember } from '#src/formats/bundle/read-bundle.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openFolder } from '#src/io/folder.ts';
import { sha256OfSource } from '#src/io/sha256.ts';
import { openBase } from '#src/jobs/open-sources.ts';
import { explainOutputs } from '#src/jobs/explain-outputs.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';
import { convertPeftFolder } from '#src/stages/convert-lora/convert-lora.ts';
import { baseOfConfig } from '#src/stages/merge/adapter-base.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import { routerManifestSchema } from '#src/contract/routing/manifest.ts';
import { planAsIs } from '#src/stages/quantize/plan-as-is.ts';
import { BuildBench, seedlingNodes } from '#test/helpers/build-bench.ts';

const { base, conditions, anatomy, finance, merge, bundled, merged, family } = seedlingNodes;
const quantize = { ...seedlingNodes.quantize, levels: [...seedlingNodes.quantize.levels] };
const bundledNodes = [base, conditions, anatomy, quantize, bundled, family];
const bundledWires = ['base -> quantize', 'quantize -> package', 'conditions -> package', 'anatomy -> package', 'package -> family']; // prettier-ignore
const mergedWires = ['base -> merge', 'conditions -> merge', 'anatomy -> merge', 'merge -> quantize', 'quantize -> package']; // prettier-ignore
const both = ['seedling-4m-healthcare-Q4_K_M.gguf', 'seedling-4m-healthcare-Q8_0.gguf'];

let bench: BuildBench;
beforeEach(async () => void (bench = await BuildBench.open()));
afterEach(() => bench.close());

describe('building a recipe', () => {
  it('writes every level and a manifest; a second build does nothing', async () => {
    const first = await bench.build(bundledNodes, bundledWires);
    expect(first.written).toEqual(both);
    const before = await Promise.all(first.result.files.map(({ path }) => stat(path)));
    const second = await bench.build(bundledNodes, bundledWires);
    expect(second.reused).toEqual(both);
    expect(second.result.manifests).toEqual([
      { path: bench.path('out', 'router.json'), reused: true },
    ]);
    const after = await Promise.all(first.result.files.map(({ path }) => stat(path)));
    expect(after.map(({ mtimeMs, ino }) => [mtimeMs, ino])).toEqual(
      before.map(({ mtimeMs, ino }) => [mtimeMs, ino]),
    );
    expect(second.result.files.map(({ sha256 }) => sha256)).toEqual(
      first.result.files.map(({ sha256 }) => sha256),
    );
    expect(await readdir(bench.path('out'))).toEqual([
      'README.md',
      'SHA256SUMS',
      'router.json',
      ...both,
    ]);
  });

  it('reports the hash and size that the files have', async () => {
    const { result } = await bench.build(bundledNodes, bundledWires);
    for (const { path, sha256, bytes } of result.files) {
      const content = await readFile(path);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      expect(content.length).toBe(bytes);
    }
  });

  it('builds only the level that was added', async () => {
    await bench.build(bundledNodes, bundledWires);
    const more = bundledNodes.map((node) =>
      node.id === 'quantize'
        ? { ...quantize, levels: ['Q4_K_M' as const, 'Q2_K' as const, 'Q8_0' as const] }
        : node,
    );
    const { written, reused } = await bench.build(more, bundledWires);
    expect(written).toEqual(['seedling-4m-healthcare-Q2_K.gguf']);
    expect(reused).toEqual(both);
  });

  it('rebuilds only what hangs on a changed adapter', async () => {
    const business = { ...bundled, id: 'business', domain: 'business' };
    const nodes = [
      base,
      conditions,
      finance,
      { ...quantize, levels: ['Q8_0' as const] },
      bundled,
      business,
    ];
    const wires = [
      'base -> quantize',
      'quantize -> package',
      'quantize -> business',
      'conditions -> package',
      'finance -> business',
    ];
    await bench.build(nodes, wires);
    const config = bench.path('adapters', 'finance', 'adapter_config.json');
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace('"lora_alpha": 16', '"lora_alpha": 8'),
    );
    const { written, reused } = await bench.build(nodes, wires);
    expect(written).toEqual(['seedling-4m-business-Q8_0.gguf']);
    expect(reused).toEqual(['seedling-4m-healthcare-Q8_0.gguf']);
  });

  it('does not trust a record whose file changed, and finds what only a hash shows', async () => {
    const { result } = await bench.build(bundledNodes, bundledWires);
    const path = result.files[0]?.path ?? '';
    // Only a copy of the time stamp itself is exact to the nanosecond.
    execFileSync('cp', ['-p', path, `${path}.stamp`]);
    const bytes = await readFile(path);
    bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
    await writeFile(path, bytes);
    execFileSync('touch', ['-r', `${path}.stamp`, path]);
    expect((await bench.build(bundledNodes, bundledWires)).reused).toEqual(both);
    const checked = await bench.build(bundledNodes, bundledWires, { verifyReused: true });
    expect(checked.written).toEqual(['seedling-4m-healthcare-Q4_K_M.gguf']);
    expect(checked.result.files[0]?.sha256).toBe(result.files[0]?.sha256);
  });

  it('gives the same bytes wherever it runs', async () => {
    const { result } = await bench.build(bundledNodes, bundledWires);
    await rm(bench.path('out'), { recursive: true });
    const again = await bench.build(bundledNodes, bundledWires, { threads: 1 });
    expect(again.written).toEqual(both);
    expect(again.result.files).toEqual(result.files);
  });
});

describe('a built file', () => {
  it('has the tensors and metadata of a plain quantization, and its own entries behind them', async () => {
    await bench.build(bundledNodes, bundledWires);
    const { content: model } = await openBase(bench.path('seedling-4m'));
    const [plan] = await bench.ports.plan(model, [{ level: 'Q4_K_M' }]);
    if (plan === undefined) throw new Error('one plan');
    const plain = bench.path('plain.gguf');
    await runToEnd(bench.ports.write([{ path: plain, plan }], { inputs: [] }), () => undefined);
    await model.close();
    const [expected, found] = [
      await bench.open('plain.gguf'),
      await bench.open('out', both[0] ?? ''),
    ];
    const values = (metadata: typeof expected.metadata) =>
      metadata.map(({ key, encoded }) => [key, encoded && Buffer.from(encoded).toString('hex')]);
    expect(values(found.metadata.slice(0, expected.metadata.length))).toEqual(
      values(expected.metadata),
    );
    expect(found.metadata.slice(expected.metadata.length).map(({ key }) => key)).toEqual([
      'studio.library', 'studio.recipe', 'studio.tensor.sha256',
      'studio.bundle.version', 'studio.bundle.names', 'studio.bundle.domains', 'studio.bundle.offsets',
      'studio.bundle.sizes', 'studio.bundle.sha256', 'studio.bundle.scales',
    ]); // prettier-ignore
    const hashes = readProvenance(found.metadata)?.tensorHashes ?? [];
    expect(found.tensors.map(({ name, type }) => [name, type])).toEqual(
      expected.tensors.map(({ name, type }) => [name, type]),
    );
    const source = await openFileByteSource(plain);
    const header = await readGgufHeader(source);
    for (const [index, { offset, byteLength, name }] of header.tensors.entries()) {
      const bytes = await readBytes(source, header.dataOffset + offset, byteLength);
      expect(hashes[index], name).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
    await Promise.all([source.close(), expected.close(), found.close()]);
  });

  it('carries its adapters as the GGUF files that convert-lora writes', async () => {
    await bench.build(bundledNodes, bundledWires);
    const source = await openFileByteSource(bench.path('out', both[0] ?? ''));
    const members = readBundle(source, await readGgufHeader(source));
    expect(members.map(({ name, domain, scale }) => [domain, name, scale])).toEqual([
      ['healthcare', 'conditions', 1],
      ['healthcare', 'anatomy', 1],
    ]);
    const config = await readJsonObject(await openFolder(bench.path('seedling-4m')), 'config.json');
    for (const member of members) {
      const folder = await openFolder(bench.path('adapters', member.name));
      const converted = await convertPeftFolder(folder, baseOfConfig(config, 'seedling-4m'), 'f32');
      const path = bench.path(`${member.name}.gguf`);
      const run = bench.ports.write([{ path, plan: planAsIs(converted) }], { inputs: [] });
      await runToEnd(run, () => undefined);
      await converted.close();
      const slice = await openMember(source, member, sha256OfSource);
      expect(Buffer.compare(await readBytes(slice, 0, slice.size), await readFile(path))).toBe(0);
    }
    await source.close();
  });

  it('says where it comes from, in a recipe that builds it again', async () => {
    const first = await bench.build(bundledNodes, bundledWires);
    const model = await bench.open('out', both[1] ?? '');
    const provenance = readProvenance(model.metadata);
    await model.close();
    expect(provenance?.library).toMatch(/^llama\.cpp v\d+\.\d+\.\d+$/);
    const document = parseRecipe(provenance?.recipe ?? '', 'studio.recipe');
    await rm(bench.path('home'), { recursive: true });
    const again = await bench.run({ ...document.recipe });
    expect(again.result.files[0]?.sha256).toBe(first.result.files[1]?.sha256);
  });

  it('explains how it differs from another', async () => {
    await bench.build(bundledNodes, bundledWires);
    const paths = both.map((name) => bench.path('out', name));
    const differences = await explainOutputs(paths[0] ?? '', paths[1] ?? '');
    expect(differences.map(({ field }) => field)).toEqual(['quantize.levels']);
  });

  it('has its window clamped to the trained one, with a notice, and the trained one untouched', async () => {
    const nodes = bundledNodes.map((node) =>
      node.id === 'package' ? { ...bundled, contextWindow: 4096 } : node,
    );
    const { result, events } = await bench.build(nodes, bundledWires);
    expect(result.files.map(({ contextWindow }) => contextWindow)).toEqual([1024, 1024]);
    expect(
      events.filter(
        (event) => event.event === 'notice' && event.message.includes('1024 instead of 4096'),
      ),
    ).toHaveLength(1);
    const model = await bench.open('out', both[0] ?? '');
    await model.close();
    expect(model.metadata.find(({ key }) => key === 'llama.context_length')?.value).toEqual({
      type: 'uint32',
      value: 1024,
    });
  });
});

describe('a family over several bases', () => {
  it('has one parent per base, each with the adapters that were trained on it', async () => {
    const gpt2 = { ...base, id: 'gpt2', path: 'seedling-gpt2-4m' };
    const onGpt2 = { ...conditions, path: 'adapters-gpt2/conditions' };
    const levels = ['Q8_0' as const];
    const second = { ...bundled, id: 'second' };
    const { written, result } = await bench.build(
      [base, gpt2, onGpt2, anatomy, { ...quantize, levels }, { ...quantize, id: 'other', levels }, bundled, second, family],
      ['base -> quantize', 'gpt2 -> other', 'quantize -> package', 'other -> second', 'anatomy -> package', 'conditions -> second', 'package -> family', 'second -> family'],
    ); // prettier-ignore
    expect(written).toEqual([
      'seedling-4m-healthcare-Q8_0.gguf',
      'seedling-gpt2-4m-healthcare-Q8_0.gguf',
    ]);
    expect(result.files.map(({ adapters }) => adapters)).toEqual([
      ['healthcare/anatomy'],
      ['healthcare/conditions'],
    ]);
    const text = await readFile(bench.path('out', 'router.json'), 'utf8');
    expect(
      routerManifestSchema.parse(JSON.parse(text)).routes.map(({ id, parent }) => [id, parent]),
    ).toEqual([
      ['healthcare/anatomy', 'seedling-4m-healthcare-Q8_0'],
      ['healthcare/conditions', 'seedling-gpt2-4m-healthcare-Q8_0'],
    ]);
  });
});

describe('a merged package', () => {
  const nodes = [base, conditions, anatomy, merge, quantize, merged];

  it('holds the adapters in its weights and carries none', async () => {
    const { result } = await bench.build(nodes, mergedWires);
    expect(result.files[0]).toMatchObject({
      form: 'merged',
      adapters: ['healthcare/conditions', 'healthcare/anatomy'],
    });
    const source = await openFileByteSource(result.files[0]?.path ?? '');
    expect(readBundle(source, await readGgufHeader(source))).toEqual([]);
    await source.close();
  });

  it('refuses to carry an adapter again that its history says is merged', async () => {
    const f16 = { ...quantize, levels: ['F16' as const] };
    await bench.build([base, conditions, anatomy, merge, f16, merged], mergedWires);
    const second = { ...base, path: 'out/seedling-4m-healthcare-F16.gguf' };
    const pack = { ...bundled, folder: 'second' };
    const wires = ['base -> quantize', 'quantize -> package', 'conditions -> package'];
    await expect(bench.build([second, conditions, quantize, pack], wires)).rejects.toMatchObject({
      code: 'build/conflict',
      message: expect.stringContaining('already holds the adapter "conditions"') as string,
    });
    const other = await bench.build(
      [second, finance, quantize, pack],
      wires.with(2, 'finance -> package'),
    );
    // The history goes on with the file.
    const third = { ...base, path: 'second/seedling-4m-healthcare-F16-healthcare-Q8_0.gguf' };
    expect(other.written.length).toBe(2);
    const name = other.written[1] ?? '';
    await expect(
      bench.build(
        [
          { ...third, path: `second/${name}` },
          anatomy,
          { ...quantize, levels: ['as-is'] },
          { ...pack, folder: 'third' },
        ],
        wires.with(2, 'anatomy -> package'),
      ),
    ).rejects.toMatchObject({ code: 'build/conflict' });
  });
});

describe('level as-is', () => {
  it('bundles a quantized GGUF without touching its tensors', async () => {
    const plain = { ...quantize, levels: ['Q4_K_M' as const], folder: 'plain' };
    const { result } = await bench.build([base, plain], ['base -> quantize']);
    const source = await openFileByteSource(result.files[0]?.path ?? '');
    const sourceHeader = await readGgufHeader(source);
    const nodes = [
      { ...base, path: 'plain/seedling-4m-Q4_K_M.gguf' },
      conditions,
      { ...quantize, levels: ['as-is' as const] },
      bundled,
    ];
    const packed = await bench.build(nodes, [
      'base -> quantize',
      'quantize -> package',
      'conditions -> package',
    ]);
    expect(packed.written).toEqual(['seedling-4m-healthcare-Q4_K_M.gguf']);
    expect(packed.result.files[0]?.level).toBe('Q4_K_M');
    const target = await openFileByteSource(packed.result.files[0]?.path ?? '');
    const header = await readGgufHeader(target);
    for (const [index, tensor] of sourceHeader.tensors.entries()) {
      const other = header.tensors[index];
      expect(other).toMatchObject({
        name: tensor.name,
        type: tensor.type,
        byteLength: tensor.byteLength,
      });
      const left = await readBytes(
        source,
        sourceHeader.dataOffset + tensor.offset,
        tensor.byteLength,
      );
      const right = await readBytes(
        target,
        header.dataOffset + (other?.offset ?? 0),
        tensor.byteLength,
      );
      expect(Buffer.compare(left, right)).toBe(0);
    }
    await source.close();
    await target.close();
  });
});

describe('the manifest of a build', () => {
  it('lists parents and routes, and keeps what was set by hand', async () => {
    const nodes = bundledNodes.map((node) =>
      node.id === 'conditions'
        ? { ...conditions, route: { keywords: ['fever'], examples: [] } }
        : node,
    );
    await bench.build(nodes, bundledWires);
    const path = bench.path('out', 'router.json');
    const manifest = routerManifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    expect(manifest.parents.map(({ id, quantization }) => [id, quantization])).toEqual([
      ['seedling-4m-healthcare-Q4_K_M', 'Q4_K_M'],
      ['seedling-4m-healthcare-Q8_0', 'Q8_0'],
    ]);
    expect(manifest.routes.map(({ id, keywords }) => [id, keywords])).toEqual([
      ['healthcare/conditions', ['fever']],
      ['healthcare/anatomy', []],
    ]);
    expect(manifest.steps.map(({ kind }) => kind)).toEqual(['emotion']);
    const edited = {
      ...manifest,
      policy: { ...manifest.policy, keepAliveSeconds: 7 },
      fallback: { parent: 'seedling-4m-healthcare-Q8_0' },
    };
    await writeFile(path, JSON.stringify(edited));
    await bench.build(nodes, bundledWires);
    const after = routerManifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    expect(after.policy.keepAliveSeconds).toBe(7);
    expect(after.fallback.parent).toBe('seedling-4m-healthcare-Q8_0');
  });

  it("never replaces somebody else's router.json", async () => {
    await bench.build(bundledNodes, bundledWires);
    await writeFile(bench.path('out', 'router.json'), '{"mine": true}');
    await expect(bench.build(bundledNodes, bundledWires)).rejects.toMatchObject({
      code: 'output/exists',
    });
    expect(await readFile(bench.path('out', 'router.json'), 'utf8')).toBe('{"mine": true}');
  });
});

describe('a build refuses', () => {
  it('an adapter of another base, naming the first tensor that differs, before anything is written', async () => {
    const wrong = { ...conditions, path: 'adapters-gpt2/conditions' };
    await expect(
      bench.build([base, wrong, anatomy, quantize, bundled, family], bundledWires),
    ).rejects.toMatchObject({
      code: 'adapter/wrong-base',
      message: expect.stringMatching(/adapters-gpt2.conditions/) as string,
    });
    await expect(readdir(bench.path('out'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('to replace a file that it did not build, unless asked to', async () => {
    const nodes = [base, { ...quantize, levels: ['Q8_0' as const], fileName: 'mine.gguf' }];
    await writeFile(bench.path('mine.gguf'), 'precious');
    await expect(bench.build(nodes, ['base -> quantize'])).rejects.toMatchObject({
      code: 'output/exists',
    });
    expect(await readFile(bench.path('mine.gguf'), 'utf8')).toBe('precious');
    expect((await bench.build(nodes, ['base -> quantize'], { overwrite: true })).written).toEqual([
      'mine.gguf',
    ]);
  });

  it('to write over its own input', async () => {
    const first = [base, { ...quantize, levels: ['F16' as const], fileName: 'base.gguf' }];
    await bench.build(first, ['base -> quantize']);
    const before = await readFile(bench.path('base.gguf'));
    const nodes = [
      { ...base, path: 'base.gguf' },
      { ...quantize, levels: ['Q8_0' as const], fileName: 'base.gguf' },
    ];
    await expect(
      bench.build(nodes, ['base -> quantize'], { overwrite: true }),
    ).rejects.toMatchObject({ code: 'output/is-input' });
    expect(Buffer.compare(await readFile(bench.path('base.gguf')), before)).toBe(0);
  });

  it('a source whose content is not the pinned one', async () => {
    const pinned = { ...base, sha256: 'a'.repeat(64) };
    await expect(bench.build([pinned, quantize], ['base -> quantize'])).rejects.toMatchObject({
      code: 'recipe/invalid',
      details: { expected: 'a'.repeat(64) },
    });
  });

  it('a source that is not there, by its path', async () => {
    const missing = { ...base, path: 'nowhere' };
    await expect(bench.build([missing, quantize], ['base -> quantize'])).rejects.toMatchObject({
      code: 'io/not-found',
    });
  });
});

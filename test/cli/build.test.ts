// `build` and what follows from it, as a user does it: build, look, validate, talk, clean up.
import {
  copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildResult } from '#src/contract/build.ts';
import type { Inspection } from '#src/contract/inspection.ts';
import type { Sizes } from '#src/contract/sizes.ts';
import type { ValidationReport } from '#src/contract/validation.ts';
import { buildRecipe } from '#test/helpers/build-recipe.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
let bundle = '';

beforeAll(async () => {
  const { code, document } = await folder.json(
    'build',
    'domain',
    'healthcare',
    '--level',
    'Q4_K_M',
  );
  expect(code, JSON.stringify(document.error)).toBe(0);
  bundle = (document.result as unknown as BuildResult).files[0]?.path ?? '';
});
afterAll(() => folder.remove());

describe('build domain', () => {
  it('makes one bundled parent with its adapters and a manifest', async () => {
    expect(bundle).toMatch(/healthcare-Q4_K_M\.gguf$/);
    const { document } = await folder.json('inspect', bundle);
    const inspection = document.result as unknown as Inspection;
    expect(inspection.adapters.map(({ name }) => name)).toEqual(['conditions', 'anatomy']);
    expect(inspection.problems).toEqual([]);
  });

  it('does nothing the second time', async () => {
    const { code, document } = await folder.json(
      'build',
      'domain',
      'healthcare',
      '--level',
      'Q4_K_M',
    );
    expect(code).toBe(0);
    const { files, manifests } = document.result as unknown as BuildResult;
    expect([...files, ...manifests].map(({ reused }) => reused)).toEqual([true, true]);
  });

  it('takes a folder or a file name as output, and a use case', async () => {
    const { code, document } = await folder.json(
      'build', 'domain', 'healthcare', '--use-case', 'mobile', '--merged', '--no-validate', '-o', 'out/{level}.gguf',
    ); // prettier-ignore
    expect(code, JSON.stringify(document.error)).toBe(0);
    const { files } = document.result as unknown as BuildResult;
    expect(files).toMatchObject([
      { level: 'Q2_K', form: 'merged', path: folder.path('out', 'Q2_K.gguf') },
    ]);
  });

  it.each([
    [['domain'], 64, /needs a name/],
    [
      ['domian', 'healthcare'],
      64,
      /no recipe "domian"[^]*Did you mean: gguf-studio build domain healthcare\?/,
    ],
    [['Domain'], 64, /Did you mean: gguf-studio build domain NAME\?/],
    [['univrsal'], 64, /no recipe "univrsal"[^]*Did you mean: gguf-studio build universal\?/],
    [['univrsal', '--use-case', 'mobile'], 64, /Did you mean: gguf-studio build universal\?/],
    [['domain', 'helthcare'], 64, /Did you mean "healthcare"/],
    [['domain', 'healthcare', '--no-emotion'], 64, /belongs to universal/],
    [['domain', 'healthcare', '--bundled', '--merged'], 64, /exclude each other/],
    [['domain', 'healthcare', '--level', 'Q4_K_X'], 64, /no level "Q4_K_X"/],
    [['x.recipe.json', '--level', 'Q8_0'], 64, /no meaning for a recipe/],
    [['x.recipe.json'], 2, /x\.recipe\.json does not exist/],
    [['universal', 'extra'], 64, /one argument too many/],
  ])('%j ends with %i', async (words, expected, message) => {
    const { code, stderr } = await folder.run('build', ...words);
    expect(stderr).toMatch(message);
    expect(code).toBe(expected);
  });
});

describe('a bundle', () => {
  it('passes all checks, adapters included', async () => {
    const { code, document } = await folder.json('validate', bundle);
    expect(code).toBe(0);
    const [report] = document.result?.['files'] as ValidationReport[];
    expect(report?.checks.map(({ check, status }) => `${check} ${status}`)).toEqual([
      'structure passed', 'tensors passed', 'hashes passed', 'bundle passed', 'load passed',
      'tokenizer passed', 'generation passed', 'adapters passed',
    ]); // prettier-ignore
  });

  it('fails when one byte of an adapter changed, naming it, and never loads that adapter', async () => {
    const bytes = readFileSync(bundle);
    bytes[bytes.length - 1_000] = (bytes[bytes.length - 1_000] ?? 0) ^ 1;
    writeFileSync(folder.path('changed.gguf'), bytes);
    const { code, document } = await folder.json('validate', 'changed.gguf');
    expect(code).toBe(1);
    const [report] = document.result?.['files'] as ValidationReport[];
    const failed = report?.checks.find(({ status }) => status === 'failed');
    expect(failed).toMatchObject({
      check: 'bundle',
      summary: expect.stringContaining('anatomy') as string,
    });
    const chat = await folder.run('chat', 'changed.gguf', '--adapter', 'anatomy', '-p', 'x');
    expect(chat.code).toBe(2);
    expect(chat.stderr).toContain('bundle/invalid');
  });

  it('passes models that quantize and merge made of a built file, whose provenance is not theirs', async () => {
    const words = [['COPY'], ['Q2_K', '--allow-requantize']];
    for (const [level = '', ...more] of words) {
      const { code, document } = await folder.json(
        'quantize',
        bundle,
        `of-built-${level}.gguf`,
        level,
        ...more,
      );
      expect(code, JSON.stringify(document.error)).toBe(0);
      expect(document.notices?.map(({ message }) => message).join('\n')).toContain(
        'carries adapters (conditions, anatomy); they stay there',
      );
    }
    const merged = await folder.run(
      'merge', '--base', bundle, '--lora', `${seedlingFolder}/adapters/finance`, '--outfile', 'of-built-merged.gguf',
    ); // prettier-ignore
    expect(merged.code, merged.stderr).toBe(0);
    for (const name of ['COPY', 'Q2_K', 'merged']) {
      const { code, document } = await folder.json('validate', `of-built-${name}.gguf`);
      expect(code, JSON.stringify(document)).toBe(0);
    }
    const planned = await folder.json('sizes', bundle, '--levels', 'Q2_K');
    const [size] = (planned.document.result as unknown as Sizes).levels;
    expect(size?.bytes).toBe(statSync(folder.path('of-built-Q2_K.gguf')).size);
  });

  it('fails when a tensor is not what was written', async () => {
    const bytes = readFileSync(bundle);
    // In the middle of the quantized weights: still finite, but not the same.
    bytes[2_000_000] = (bytes[2_000_000] ?? 0) ^ 1;
    writeFileSync(folder.path('edited.gguf'), bytes);
    const { code, document } = await folder.json('validate', 'edited.gguf', '--structure');
    expect(code).toBe(1);
    const [report] = document.result?.['files'] as ValidationReport[];
    expect(report?.checks.filter(({ status }) => status === 'failed')).toMatchObject([
      { check: 'hashes', evidence: { count: 1 } },
    ]);
  });

  it('answers as the chosen adapter does, switched in one conversation', async () => {
    const running = folder.start(['chat', bundle, '--temp', '0', '-n', '4', '-q'], {
      input: 'What is a fever?\n/adapter conditions\nWhat is a fever?\n/adapter nobody\n/exit\n',
    });
    const { code, stdout } = await running.finished;
    expect(code).toBe(0);
    const [plain, switched, styled, unknown] = stdout.trim().split('\n');
    expect(plain).not.toMatch(/^Clinical note/);
    expect(switched).toContain('Adapters: conditions');
    expect(styled).toMatch(/^Clinical note/);
    expect(unknown).toContain('carries no adapter "nobody"');
  });
});

describe('clean', () => {
  const outputs = () => folder.path('home', 'seedling', 'outputs', 'healthcare');

  it('lists first and deletes only with --yes, only what interrupted work left', async () => {
    const left = ['a.gguf.partial', 'a.gguf.partial.journal', 'b.gguf.rejected'];
    for (const name of left) writeFileSync(`${outputs()}/${name}`, 'left');
    const before = readdirSync(outputs());
    const listed = await folder.run('clean');
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/a\.gguf\.partial\n/);
    expect(listed.stdout).toMatch(/b\.gguf\.rejected\n/);
    expect(listed.stdout).toContain('add --yes');
    expect(readdirSync(outputs())).toEqual(before);

    const { code, document } = await folder.json('clean', '--yes');
    expect(code).toBe(0);
    expect(document.result?.['deleted']).toBe(true);
    expect(readdirSync(outputs())).toEqual(before.filter((name) => !left.includes(name)));
    expect((await folder.run('clean')).stdout).toBe('Nothing to clean.\n');
  });

  it('leaves alone what a running process writes', async () => {
    writeFileSync(`${outputs()}/c.gguf.partial`, 'x');
    const owner = { pid: process.pid, host: 'here', startedAt: '' };
    writeFileSync(`${outputs()}/c.gguf.partial.lock`, JSON.stringify(owner));
    expect((await folder.run('clean', '--yes')).stdout).toBe('Nothing to clean.\n');
    expect(existsSync(`${outputs()}/c.gguf.partial`)).toBe(true);
  });

  it('never touches folders that are not its own, named or linked', async () => {
    mkdirSync(folder.path('foreign'));
    writeFileSync(folder.path('foreign', 'x.gguf.rejected'), 'mine');
    symlinkSync(folder.path('foreign'), `${outputs()}/linked`);
    expect((await folder.run('clean', '--yes')).code).toBe(0);
    const named = await folder.run('clean', 'foreign', '--yes');
    expect(named.code).toBe(2);
    expect(named.stderr).toContain('gguf-studio.json');
    expect(existsSync(folder.path('foreign', 'x.gguf.rejected'))).toBe(true);
  });

  it('empties the cache of extracted adapters only when asked', async () => {
    const cache = folder.path('home', 'cache', 'adapters');
    expect(readdirSync(cache).filter((name) => name.endsWith('.gguf')).length).toBeGreaterThan(0);
    await folder.run('clean', '--yes');
    expect(readdirSync(cache).filter((name) => name.endsWith('.gguf')).length).toBeGreaterThan(0);
    await folder.run('clean', '--yes', '--cache');
    expect(readdirSync(cache).filter((name) => name.endsWith('.gguf'))).toEqual([]);
  });
});

describe('a recipe file', () => {
  it('is built from where it lies', async () => {
    const { document } = await folder.json(
      'build',
      'domain',
      'business',
      '--level',
      'Q8_0',
      '--no-validate',
    );
    expect(document.ok, JSON.stringify(document.error)).toBe(true);
    const recipe = buildRecipe(
      [
        { id: 'base', kind: 'base', path: 'models/seedling-4m' },
        { id: 'quantize', kind: 'quantize', levels: ['Q8_0'] },
      ],
      ['base -> quantize'],
    );
    mkdirSync(folder.path('work', 'models', 'seedling-4m'), { recursive: true });
    const source = folder.path('home', 'seedling', 'seedling-4m');
    for (const name of readdirSync(source)) {
      copyFileSync(`${source}/${name}`, folder.path('work', 'models', 'seedling-4m', name));
    }
    writeFileSync(folder.path('work', 'small.recipe.json'), JSON.stringify(recipe));
    const built = await folder.json('build', 'work/small.recipe.json', '--no-validate');
    expect(built.code, JSON.stringify(built.document.error)).toBe(0);
    const [file] = (built.document.result as unknown as BuildResult).files;
    expect(file?.path.startsWith(folder.path('work'))).toBe(true);
    // Touching a source without changing it does not build anything again.
    const weights = folder.path('work', 'models', 'seedling-4m', 'model.safetensors');
    utimesSync(weights, new Date(), new Date());
    const again = await folder.json('build', 'work/small.recipe.json', '--no-validate');
    expect((again.document.result as unknown as BuildResult).files).toMatchObject([
      { reused: true },
    ]);
  });

  it('that is wrong is refused with the place in it', async () => {
    writeFileSync(
      folder.path('wrong.recipe.json'),
      '{"version": 1, "nodes": {"a": {"kind": "bsae"}}, "edges": []}',
    );
    const { code, document } = await folder.json('build', 'wrong.recipe.json');
    expect(code).toBe(2);
    expect(document.error?.code).toBe('recipe/invalid');
    expect(document.error?.message).toContain('wrong.recipe.json');
  });
});

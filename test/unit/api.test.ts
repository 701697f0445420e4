// The TypeScript API, as a program uses it: through the bundled package, in a process of its own.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allocate,
  convertToGguf,
  createDomainSpecificModel,
  createUniversalModel,
  type StageEvent,
} from '#src/api.ts';
import { readRun } from '#src/io/run-store.ts';

const oldHome = process.env['GGUF_STUDIO_HOME'];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-'));
  process.env['GGUF_STUDIO_HOME'] = join(folder, 'home');
});
afterAll(async () => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  await rm(folder, { recursive: true });
});

describe('the TypeScript API', () => {
  it('builds a domain at two levels, validated, and reports what it does', async () => {
    const events: StageEvent[] = [];
    const { files, manifests } = await createDomainSpecificModel('healthcare', {
      level: ['Q4_K_M', 'Q8_0'],
      outputPath: join(folder, 'healthcare'),
      onEvent: (event) => events.push(event),
    });
    expect(
      files.map(({ level, form, adapters, contextWindow }) => ({
        level,
        form,
        adapters,
        contextWindow,
      })),
    ).toEqual([
      {
        level: 'Q4_K_M',
        form: 'bundled',
        adapters: ['healthcare/conditions', 'healthcare/anatomy'],
        contextWindow: 1024,
      },
      {
        level: 'Q8_0',
        form: 'bundled',
        adapters: ['healthcare/conditions', 'healthcare/anatomy'],
        contextWindow: 1024,
      },
    ]);
    expect(manifests).toEqual([{ path: join(folder, 'healthcare', 'router.json'), reused: false }]);
    // The validation asked them: by default it does.
    expect(events.some((event) => event.event === 'phase' && event.phase === 'Asking')).toBe(true);
    expect(events.filter((event) => event.event === 'artifact')).toHaveLength(2);
    for (const { path, bytes } of files) expect((await stat(path)).size).toBe(bytes);
  });

  it('builds the universal model, merged, with and without the emotion step', async () => {
    const options = {
      form: 'merged',
      level: 'Q8_0',
      outputPath: join(folder, 'all'),
      validate: false,
    } as const;
    const { files } = await createUniversalModel({ ...options, emotion: false });
    expect(files[0]?.adapters).toHaveLength(8);
    expect(files[0]?.path).toBe(join(folder, 'all', 'seedling-4m-universal-Q8_0.gguf'));
    const again = await createUniversalModel(options);
    expect(again.files[0]).toMatchObject({ reused: true, sha256: files[0]?.sha256 });
    expect(again.manifests[0]?.reused).toBe(false);
  });

  it('converts a folder and asks the result', async () => {
    const model = fileURLToPath(new URL('../../assets/seedling/seedling-4m', import.meta.url));
    const written = await convertToGguf({
      model,
      outputPath: join(folder, 'seedling.gguf'),
      outtype: 'auto',
    });
    expect(written).toMatchObject({
      label: 'BF16',
      path: join(folder, 'seedling.gguf'),
      validation: { passed: true },
    });
  });

  it('fits a hybrid on suites and files, and keeps its proof as a run', async () => {
    const model = fileURLToPath(new URL('../../assets/seedling/seedling-4m', import.meta.url));
    const code = fileURLToPath(new URL('../../assets/evaluation/code.txt', import.meta.url));
    const options = {
      model,
      budget: 'Q2_K',
      search: { suites: ['language'] },
      proof: { suites: ['science'], files: [code] },
      outputPath: join(folder, 'hybrid.gguf'),
      tensorTypeFile: join(folder, 'types.txt'),
      runsFolder: join(folder, 'runs'),
      contextSize: 32,
      chunks: 8,
      probe: false,
      threads: 1,
    };
    const result = await allocate(options);
    expect((await stat(result.path)).size).toBe(result.bytes);
    const run = await readRun(result.run.path, result.run.id);
    expect(run.texts.map(({ title }) => title)).toEqual(['Science', 'code.txt']);
    expect(run.title).toBe('Hybrid of seedling-4m within Q2_K');
    expect(run.allocation?.kept).toBe(result.kept);
    expect(await readFile(join(folder, 'types.txt'), 'utf8')).toMatch(
      /^\^blk\\\.0\\\.attn_q\\\.weight\$=\w+$/m,
    );
    const wrong = { ...options, budget: 'a lot' };
    await expect(allocate(wrong)).rejects.toMatchObject({ code: 'usage/invalid' });
    const textless = { ...options, proof: {} };
    await expect(allocate(textless)).rejects.toThrow(/texts/);
    const same = { ...options, proof: options.search, overwrite: true };
    await expect(allocate(same)).rejects.toMatchObject({ code: 'evaluation/overlap' });
  });

  it('rejects with a code and a hint, and leaves nothing behind', async () => {
    await expect(
      createDomainSpecificModel('healthcare', { useCase: 'desktop' }),
    ).rejects.toMatchObject({ code: 'usage/invalid' });
    const signal = AbortSignal.abort();
    await expect(
      createDomainSpecificModel('creative', { signal, outputPath: join(folder, 'never') }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(folder)).not.toContain('never');
  });

  it('works from the bundle that the package exports', () => {
    const api = new URL('../../dist/api/api.js', import.meta.url).href;
    const program = `
      const { createDomainSpecificModel } = await import(${JSON.stringify(api)});
      const { files } = await createDomainSpecificModel('leadership', { validate: false });
      console.log(JSON.stringify(files.map(({ level, reused }) => ({ level, reused }))));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual([{ level: 'Q4_K_M', reused: false }]);
  });
});

// The TypeScript API, as a program uses it: through the bundled package, in a process of its own.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  convertToGguf,
  createDomainSpecificModel,
  createUniversalModel,
  type StageEvent,
} from '#src/api.ts';

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

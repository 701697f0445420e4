// PEFT folders of the library in chat columns, with both hosts: converted once, kept, and refused when they do not fit.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLeftovers } from '#src/io/leftovers.ts';
import {
  openTestStudio,
  startWatching,
  type TestStudio,
  type Watching,
} from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
let watching: Watching;
let plain: { q4: string; q8: string };
let gpt2: string;
let parent: string;

beforeAll(async () => {
  studio = await openTestStudio();
  watching = startWatching(studio);
  const levelsOf = (base: string, levels: string[]) =>
    build(
      base,
      JSON.stringify({
        version: 1,
        nodes: [
          { id: 'base', kind: 'base', path: base },
          { id: 'quantize', kind: 'quantize', levels, folder: 'outputs/levels' },
        ],
        edges: [{ from: 'base', to: 'quantize' }],
      }),
    );
  const [q4, q8] = await levelsOf('seedling-4m', ['Q4_K_M', 'Q8_0']);
  plain = { q4: q4 ?? '', q8: q8 ?? '' };
  [gpt2 = ''] = await levelsOf('seedling-gpt2-4m', ['Q8_0']);
  const healthcare = await studio.call('makeFromTemplate', {
    template: 'domain',
    domain: 'healthcare',
    levels: ['Q4_K_M'],
  });
  [parent = ''] = await build(healthcare.name, healthcare.text);
});
afterAll(async () => {
  await watching.stop();
  await studio.dispose();
});

async function fileOf(path: string): Promise<string> {
  const file = await studio.call('resolveRecipePath', { path });
  if (file === null) throw new Error(`${path} is not in the workspace.`);
  return file.id;
}

/** Ids of the files that a recipe makes. */
async function build(title: string, text: string): Promise<string[]> {
  const job = await studio.call('startBuild', { text, title });
  const ended = await watching.until(
    (event) =>
      event.event === 'job' &&
      event.job.id === job.id &&
      ['done', 'failed'].includes(event.job.state),
    240,
  );
  expect(ended).toMatchObject({ job: { state: 'done' } });
  return (await studio.call('listJobOutputs', { job: job.id })).map(({ id }) => id);
}

type Adapter = { file: string; scale: number } | { bundled: string; scale: number };

/** Loads a column anew; gives what it said while loading. */
async function load(column: string, file: string, adapters: Adapter[]) {
  const reasons: string[] = [];
  const loaded = await studio.call(
    'loadColumn',
    { column, file, adapters },
    {
      onEvent(event) {
        if (event.event === 'state' && event.state.reason !== undefined) {
          reasons.push(event.state.reason);
        }
      },
    },
  );
  return { loaded, reasons };
}

async function ask(column: string): Promise<string> {
  const { text } = await studio.call('generate', {
    column,
    messages: [{ role: 'user', text: 'What is asthma?' }],
    sampling: { temperature: 0, maxTokens: 60 },
  });
  return text;
}

async function kept(): Promise<string[]> {
  const names = await readdir(join(studio.home, 'cache', 'adapters')).catch(() => []);
  return names.filter((name) => /^[0-9a-f]{64}-[0-9a-f]{64}\.gguf$/.test(name));
}

describe('a PEFT folder in a chat column', () => {
  it('answers as the bundled parent with the same adapter', async () => {
    const conditions = await fileOf('adapters/conditions');
    const bundled = await load('parent', parent, [{ bundled: 'conditions', scale: 1 }]);
    expect(bundled.reasons).toEqual([]);
    const { loaded, reasons } = await load('peft', plain.q4, [{ file: conditions, scale: 1 }]);
    expect(reasons).toContain('Converting adapter conditions for this model …');
    expect(loaded.adapters).toEqual([join(studio.workspace, 'adapters/conditions')]);
    await load('none', plain.q4, []);
    const [withPeft, withBundled, without] = [
      await ask('peft'),
      await ask('parent'),
      await ask('none'),
    ];
    expect(withPeft).toBe(withBundled);
    expect(withPeft).not.toBe(without);
  });

  it('is converted once, also for other levels and as its weights file', async () => {
    const [file] = await kept();
    expect(await kept()).toHaveLength(1);
    const weights = await fileOf('adapters/conditions/adapter_model.safetensors');
    const again = await load('again', plain.q8, [{ file: weights, scale: 0.5 }]);
    expect(again.reasons).toEqual([]);
    expect(again.loaded.adapters).toHaveLength(1);
    expect(await kept()).toEqual([file]);
    expect(await readdir(join(studio.home, 'temporary'))).toEqual(['.gguf-studio-folder']);
  });

  it('is converted again when the kept file was damaged', async () => {
    const path = join(studio.home, 'cache', 'adapters', (await kept())[0] ?? '');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, 1000));
    const conditions = await fileOf('adapters/conditions');
    const { reasons } = await load('damaged', plain.q8, [{ file: conditions, scale: 1 }]);
    expect(reasons).toHaveLength(1);
    expect(await readFile(path)).toEqual(bytes);
  });

  it('works for GPT-2, whose weights are stored transposed', async () => {
    const conditions = await fileOf('adapters-gpt2/conditions');
    await load('gpt2', gpt2, []);
    await load('gpt2-adapted', gpt2, [{ file: conditions, scale: 1 }]);
    expect(await ask('gpt2-adapted')).not.toBe(await ask('gpt2'));
  });

  it('is refused with the reason when it was made for another base', async () => {
    const other = await fileOf('adapters-gpt2/conditions');
    const before = await kept();
    await expect(load('wrong', plain.q4, [{ file: other, scale: 1 }])).rejects.toMatchObject({
      code: 'adapter/wrong-base',
    });
    await watching.until(
      ({ event, ...about }) =>
        event === 'column' &&
        'column' in about &&
        about.column.column === 'wrong' &&
        about.column.state === 'failed' &&
        (about.column.reason ?? '').includes('conditions'),
    );
    expect(await kept()).toEqual(before);
  });

  it('is kept where "clean --cache" finds it', async () => {
    const found = await findLeftovers({ workspaces: [], home: studio.home, cache: true });
    const paths = found.filter(({ kind }) => kind === 'cache').map(({ path }) => path);
    for (const name of await kept()) {
      expect(paths).toContain(join(studio.home, 'cache', 'adapters', name));
    }
  });
});

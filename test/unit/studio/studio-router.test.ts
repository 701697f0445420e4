// Manifests behind the window: found, opened with what is wrong beside them, decided and measured by, saved over nothing but
// what was opened.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WatchEvent } from '#src/contract/studio/state.ts';
import type { StudioError } from '#src/errors/studio-error.ts';
import { packageRoot } from '#src/io/package-root.ts';
import { buildManifest } from '#test/helpers/build-manifest.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { openTestStudio, startWatching, type TestStudio } from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
let folder: string;

beforeAll(async () => {
  studio = await openTestStudio();
  folder = join(studio.workspace, 'outputs', 'tiny');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tiny-care-Q4_K_M.gguf'), Buffer.alloc(1000));
}, 60_000);
afterAll(() => studio.dispose());

/** Formatted as a person would, so that a program's own formatting shows. */
const handWritten = JSON.stringify(buildManifest(), null, 3).replace(
  '"name": "tiny"',
  '"name":  "tiny"',
);

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
}

async function find(path: string) {
  const manifests = await studio.call('listManifests', {});
  const found = manifests.find(({ file }) => file.path === path);
  if (found === undefined) throw new Error(`${path} is not listed.`);
  return found;
}

describe('router manifests of the window', () => {
  it('are listed with what they hold, and broken ones with the reason', async () => {
    const path = await write('a/router.json', handWritten);
    const broken = await write('b/router.json', '{ "version": 9 }');
    expect(await find(path)).toMatchObject({ name: 'tiny', parents: 2, routes: 3 });
    expect((await find(broken)).problem).toContain('version 9');
  });

  it('are opened with missing and replaced files told where they are named', async () => {
    const path = await write('router.json', handWritten.replace('"bytes": 1000', '"bytes": 2000'));
    const { file } = await find(path);
    const { problems } = await studio.call('openManifest', { file: file.id });
    expect(problems.map(({ at, severity }) => [at, severity])).toEqual([
      ['/parents/0/file', 'error'],
      ['/parents/1/file', 'error'],
    ]);
    expect(problems[0]?.message).toContain('the manifest says');
    expect(problems[1]?.message).toContain('is missing');
  });

  it('are saved as edits of their text, and not at all over another program’s', async () => {
    const path = await write('c/router.json', handWritten);
    const { file } = await find(path);
    const opened = await studio.call('openManifest', { file: file.id });
    const same = await studio.call('saveManifest', {
      file: file.id,
      manifest: opened.manifest,
      sha256: opened.sha256,
    });
    expect(await readFile(path, 'utf8')).toBe(handWritten);
    expect(same.sha256).toBe(opened.sha256);

    const [first, ...others] = opened.manifest.routes;
    if (first === undefined) throw new Error('It has routes.');
    const manifest = { ...opened.manifest, routes: [{ ...first, threshold: 0.25 }, ...others] };
    const saved = await studio.call('saveManifest', {
      file: file.id,
      manifest,
      sha256: opened.sha256,
    });
    const text = await readFile(path, 'utf8');
    expect(text).toContain('"name":  "tiny"');
    expect(text.length - handWritten.length).toBeLessThan(60);
    expect(saved.manifest.routes[0]?.threshold).toBe(0.25);

    await writeFile(path, handWritten);
    await expectRefusal(
      studio.call('saveManifest', { file: file.id, manifest, sha256: saved.sha256 }),
      'routing/changed-on-disk',
      /changed by another program/,
    );
    expect(await readFile(path, 'utf8')).toBe(handWritten);
  });

  it('are told to every window when another program wrote them, and not when it was the studio', async () => {
    const path = await write('watched/router.json', handWritten);
    const { file } = await find(path);
    const watching = startWatching(studio);
    const opened = await studio.call('openManifest', { file: file.id });
    const renamed = { ...opened.manifest, name: 'renamed' };
    const { id } = file;
    const saved = await studio.call('saveManifest', {
      file: id,
      manifest: renamed,
      sha256: opened.sha256,
    });
    await writeFile(path, `${handWritten}\n`);
    const told = await watching.until(
      (event): event is WatchEvent & { event: 'manifest-changed' } =>
        event.event === 'manifest-changed' && event.sha256 !== saved.sha256,
    );
    const again = await studio.call('openManifest', { file: file.id });
    expect(told).toMatchObject({ file: file.id, sha256: again.sha256 });
    await watching.stop();
  });

  it('that another program broke are written anew when that is asked for', async () => {
    const path = await write('torn/router.json', handWritten);
    const { file } = await find(path);
    const { manifest, sha256 } = await studio.call('openManifest', { file: file.id });
    await writeFile(path, '{ "version": 1,');
    const error = await studio
      .call('saveManifest', { file: file.id, manifest, sha256 })
      .catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({ code: 'routing/changed-on-disk' });
    const theirs = (error as StudioError).details['sha256'] as string;
    await studio.call('saveManifest', { file: file.id, manifest, sha256: theirs });
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(manifest);
  });

  it('have drafts that tell what they are and name their file', async () => {
    const path = await write('drafted/router.json', handWritten);
    const { file } = await find(path);
    await studio.call('keepDraft', {
      kind: 'manifest',
      document: 'edits',
      title: 'tiny',
      file: file.id,
      baseHash: 'a',
      text: '{}',
    });
    const drafts = await studio.call('listDrafts', {});
    expect(drafts).toMatchObject([{ kind: 'manifest', document: 'edits', file: file.id }]);
    await studio.call('dropDraft', { document: 'edits' });
    expect(await studio.call('listDrafts', {})).toEqual([]);
  });

  it('decide by words as they are edited, and tell the emotion and what it changes', async () => {
    const path = await write('d/router.json', handWritten);
    const { file } = await find(path);
    const manifest = buildManifest((edited) => {
      edited.steps = [
        {
          kind: 'emotion',
          language: 'en',
          labels: ['sad'],
          tones: { sad: { sampling: { temperature: 0.3 } } },
        },
      ];
    });
    const text = 'My knee hurts and I am so sad and lonely';
    const decision = await studio.call('testRoute', { file: file.id, manifest, text });
    expect(Object.keys(decision.scores).sort()).toEqual(manifest.routes.map(({ id }) => id).sort());
    expect(decision.emotion).toMatchObject({
      label: 'sad',
      source: 'lexicon',
      changed: { sampling: { temperature: 0.3 } },
    });
    const off = { ...manifest, steps: [] };
    expect(
      (await studio.call('testRoute', { file: file.id, manifest: off, text })).emotion,
    ).toBeUndefined();
  });

  it('are measured and trained on the set that knows their routes; moved prompts test no more', async () => {
    const embedded = join(packageRoot(), 'assets', 'seedling-family', 'router.json');
    const path = await write('e/router.json', await readFile(embedded, 'utf8'));
    const { file } = await find(path);
    const { manifest } = await studio.call('openManifest', { file: file.id });
    const all = await studio.call('evaluateRouter', { file: file.id, manifest });
    expect(all.prompts.length).toBeGreaterThan(100);
    const [moved] = all.prompts;
    if (moved === undefined) throw new Error('It was asked prompts.');
    const fewer = await studio.call('evaluateRouter', {
      file: file.id,
      manifest,
      moved: [{ text: moved.text, route: moved.expected }],
    });
    expect(fewer.prompts.map(({ text }) => text)).not.toContain(moved.text);
    const bare = {
      ...manifest,
      routes: manifest.routes.map((route) => ({ ...route, examples: [] })),
    };
    const trained = await studio.call('trainRouter', {
      file: file.id,
      manifest: bare,
      examples: true,
    });
    for (const { examples, threshold } of trained.routes) {
      expect(examples.length).toBeGreaterThanOrEqual(12);
      expect(threshold).toBeGreaterThan(0);
    }
    // No set knows these routes: said with a way on.
    await expectRefusal(
      studio.call('evaluateRouter', { file: file.id, manifest: buildManifest() }),
      'routing/set',
      /no test prompts for the routes of tiny/,
    );
  }, 60_000);

  it('are told of a routing set of the workspace that has no off-topic prompts, unless it is for other routes', async () => {
    const path = await write('g/router.json', handWritten);
    const { file } = await find(path);
    const manifest = buildManifest();
    const [route] = manifest.routes;
    const sets = join(studio.workspace, 'routing');
    await mkdir(sets, { recursive: true });
    const setOf = (id: string) =>
      JSON.stringify({
        version: 1,
        routes: { [id]: { train: [], test: ['Is my knee swollen?'] } },
      });
    await writeFile(join(sets, 'others.json'), setOf('somebody/else'));
    await expectRefusal(
      studio.call('evaluateRouter', { file: file.id, manifest }),
      'routing/set',
      /no test prompts for the routes of tiny/,
    );
    await writeFile(join(sets, 'torn.json'), '{ "routes": ');
    await expectRefusal(
      studio.call('evaluateRouter', { file: file.id, manifest }),
      'routing/set',
      /torn\.json is not valid JSON/,
    );
    await writeFile(join(sets, 'own.json'), setOf(route?.id ?? ''));
    await expectRefusal(
      studio.call('evaluateRouter', { file: file.id, manifest }),
      'routing/set',
      /own\.json has no "offTopic"/,
    );
    await Promise.all(['others', 'torn', 'own'].map((name) => rm(join(sets, `${name}.json`))));
  });

  it('embed only with files that are those of the manifest: swapped ones and links out are refused', async () => {
    const path = await write('h/router.json', handWritten);
    const inner = join(folder, 'h');
    await writeFile(join(inner, 'embed.gguf'), 'the model');
    await writeFile(join(folder, 'elsewhere.gguf'), 'another');
    await symlink(join(folder, 'elsewhere.gguf'), join(inner, 'link.gguf'));
    const { file } = await find(path);
    const sha256 = createHash('sha256').update('the model').digest('hex');
    const ask = (name: string, hash: string) =>
      studio.call('testRoute', {
        file: file.id,
        manifest: buildManifest((edited) => {
          edited.classifier = { kind: 'embedding', file: name, sha256: hash };
        }),
        text: 'My knee hurts',
      });
    await expectRefusal(
      ask('embed.gguf', sha256.replaceAll('a', 'b')),
      'serving/files',
      /not the file/,
    );
    await expectRefusal(ask('link.gguf', sha256), 'serving/files', /outside its folder/);
    await expectRefusal(ask('../elsewhere.gguf', sha256), 'routing/manifest', /does not stay/);
    // The right bytes come as far as the engine, which finds no model in them.
    await expect(ask('embed.gguf', sha256)).rejects.not.toMatchObject({ code: 'serving/files' });
  }, 60_000);

  it('are exported as texts for other servers', async () => {
    const path = await write('f/router.json', handWritten);
    const { file } = await find(path);
    const { files } = await studio.call('exportRouter', { file: file.id, format: 'llama-swap' });
    expect(files[0]?.text).toContain('tiny-care-Q4_K_M.gguf');
  });

  it('cannot be asked while nothing is served', async () => {
    await expectRefusal(
      studio.call('askRouter', { messages: [{ role: 'user', text: 'Hi' }], conversation: 'c' }),
      'serving/stopped',
      /Nothing is served/,
    );
  });
});

// `route` through the real command line: what it decides and why, its figures, its thresholds, its traces, its exports.
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { embeddedManifestPath } from '#src/packaging/embedded-manifest.ts';
import { studioFolder } from '#test/helpers/run-studio.ts';

const studio = studioFolder();
afterAll(() => studio.remove());
const text = 'My joints are swollen';
const read = (name: string) => readFileSync(studio.path(name), 'utf8');
const manifestOf = (name: string) => JSON.parse(read(name)) as RouterManifest;

beforeAll(() =>
  cpSync(dirname(embeddedManifestPath()), studio.path('family'), { recursive: true }),
);

describe('route test', () => {
  it('decides with the embedded family, without a model or a workspace', async () => {
    const { code, document } = await studio.json('route', 'test', text);
    expect(code).toBe(0);
    const decision = document as unknown as { route: string; scores: object; why: object[] };
    expect(decision.route).toBe('healthcare/conditions');
    expect(Object.keys(decision.scores)).toHaveLength(8);
    expect(decision.why[0]).toMatchObject({ route: 'healthcare/conditions' });
  });

  it('leaves to the fallback what belongs to no route', async () => {
    const { document } = await studio.json('route', 'test', 'Tell me a joke about my router');
    expect(document).toMatchObject({ route: null });
  });

  it('stays in a conversation, and tells emotion and tone in words', async () => {
    const words = ['route', 'test', 'and then?', '--after', 'healthcare/anatomy'];
    expect((await studio.json(...words)).document).toMatchObject({ route: 'healthcare/anatomy' });
    const { stdout } = await studio.run('route', 'test', `I am so worried! ${text}`);
    expect(stdout).toMatch(/emotion\s+anxious/);
  });

  it.each([
    [['route', 'tset', text], /Did you mean test\?/],
    [['route', 'test'], /told too little/],
    [['route', 'test', text, '--manifest', 'nothing.json'], /nothing\.json/],
    [['route', 'test', text, '--classifier', 'embedding'], /does not lie beside/],
    [['route', 'train'], /needs a manifest/],
    [['route', 'export', '--format', 'olama'], /ollama/],
  ])('%j is refused with a way on', async (words, message) => {
    const { code, stderr } = await studio.run(...words);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});

describe('route eval', () => {
  it('measures on the shipped prompts, writes Markdown, and compares with itself without a difference', async () => {
    const words = ['route', 'eval', '--markdown', 'figures.md', '--compare', 'family/router.json'];
    const { code, document } = await studio.json(...words);
    expect(code).toBe(0);
    const result = document.result as unknown as RoutingEvaluation;
    expect(result.accuracy.value).toBeGreaterThanOrEqual(0.85);
    expect(result.offTopicAbstained.value).toBeGreaterThanOrEqual(0.8);
    expect(result.prompts).toHaveLength(8 * 16 + 56);
    expect(read('figures.md')).toContain('| macro F1 |');
  });

  it('takes the manifest’s own examples apart where no set is given, and says so', async () => {
    const { code, stderr, stdout } = await studio.run('route', 'eval', '--manifest', 'family');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('every fifth');
    expect(stdout).toContain('macro F1');
  });
});

describe('route train', () => {
  it('writes thresholds into a copy and leaves every other byte, and replaces nothing unasked', async () => {
    const words = [
      'route',
      'train',
      '--manifest',
      'family/router.json',
      '--output',
      'trained.json',
    ];
    const before = read('family/router.json');
    const { code, document } = await studio.json(...words);
    expect(code).toBe(0);
    expect(read('family/router.json')).toBe(before);
    const thresholds = new Map(
      (document.result as { thresholds: { route: string; threshold: number }[] }).thresholds.map(
        ({ route, threshold }) => [route, threshold],
      ),
    );
    const trained = manifestOf('trained.json');
    const without = ({ routes, ...rest }: RouterManifest) => ({
      ...rest,
      routes: routes.map((route) => ({ ...route, threshold: 0 })),
    });
    expect(without(trained)).toEqual(without(JSON.parse(before) as RouterManifest));
    for (const { id, threshold } of trained.routes) expect(threshold).toBe(thresholds.get(id));
    const again = await studio.json(...words);
    expect(again.document.error?.code).toBe('output/exists');
  });
});

describe('a trace', () => {
  it('is written for its owner alone, and replayed: the same, until the manifest changes', async () => {
    for (const asked of [text, 'Tell me a story about a whale', 'What is a bond?']) {
      expect((await studio.run('route', 'test', asked, '--trace', 'trace.jsonl')).code).toBe(0);
    }
    expect(read('trace.jsonl').trim().split('\n')).toHaveLength(3);
    if (process.platform !== 'win32') {
      expect(statSync(studio.path('trace.jsonl')).mode & 0o777).toBe(0o600);
    }
    const same = await studio.json('route', 'replay', 'trace.jsonl');
    expect(same.code).toBe(0);
    expect(same.document.result).toMatchObject({ decisions: 3, changed: [] });
    const manifest = manifestOf('family/router.json');
    const strict = manifest.routes.map((route) =>
      route.id === 'healthcare/conditions' ? { ...route, threshold: 1 } : route,
    );
    writeFileSync(studio.path('strict.json'), JSON.stringify({ ...manifest, routes: strict }));
    const changed = await studio.json(
      'route',
      'replay',
      'trace.jsonl',
      '--manifest',
      'strict.json',
    );
    expect(changed.code).toBe(1);
    expect(changed.document.error?.code).toBe('routing/changed');
  });
});

describe('route export', () => {
  it.each([
    ['llama-server', /\[healthcare\/conditions\]/],
    ['llama-swap', /models:/],
  ])('prints the configuration of %s', async (format, expected) => {
    const { code, stdout, stderr } = await studio.run('route', 'export', '--format', format);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(expected);
  });

  it('refuses a Modelfile for bundled parents, because Ollama loads no adapters', async () => {
    const { document } = await studio.json('route', 'export', '--format', 'ollama');
    expect(document.error?.code).toBe('export/unsupported');
    expect(existsSync(studio.path('Modelfile'))).toBe(false);
  });
});

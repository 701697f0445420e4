import { describe, expect, it } from 'vitest';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { checkManifest } from '#src/routing/manifest/check-manifest.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';

function changeRoutes(
  change: (route: RouterManifest['routes'][number], index: number) => object,
): RouterManifest {
  const manifest = buildRouterManifest();
  return {
    ...manifest,
    routes: manifest.routes.map((route, index) => ({ ...route, ...change(route, index) })),
  };
}

const places = (manifest: RouterManifest) =>
  checkManifest(manifest).map(({ at, severity }) => `${severity} ${at}`);

describe('checkManifest', () => {
  it('finds nothing in a manifest that is whole', () => {
    expect(checkManifest(buildRouterManifest())).toEqual([]);
  });

  it('finds routes and preloads of parents and adapters that are not there', () => {
    const manifest = changeRoutes((_, index) =>
      index === 0 ? { parent: 'gone' } : index === 1 ? { adapter: 'gone' } : {},
    );
    manifest.policy = { ...manifest.policy, preload: ['gone'] };
    expect(places(manifest)).toEqual([
      'error /routes/0/parent',
      'error /routes/1/adapter',
      'error /policy/preload/0',
    ]);
  });

  it('refuses an adapter that was merged into its parent', () => {
    const manifest = buildRouterManifest();
    const merged = manifest.parents.map((parent) => ({
      ...parent,
      adapters: parent.adapters.map((adapter) => ({ ...adapter, source: 'merged' as const })),
    }));
    expect(places({ ...manifest, parents: merged })).toEqual([
      'error /routes/0/adapter',
      'error /routes/1/adapter',
      'error /routes/2/adapter',
    ]);
  });

  it('tells a circle of fallbacks once, and not for routes that only lead into it', () => {
    const next = ['trade/money', 'trade/cooking', 'trade/money'];
    const manifest = changeRoutes((_, index) => ({ fallback: next[index] }));
    const problems = checkManifest(manifest);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain('trade/money -> trade/cooking -> trade/money');
  });

  it('tells a route that falls back to itself', () => {
    const manifest = changeRoutes(({ id }, index) => (index === 0 ? { fallback: id } : {}));
    expect(places(manifest)).toEqual(['error /routes/0/fallback']);
  });

  it('finds ids that stand there twice', () => {
    const manifest = changeRoutes((_, index) => (index === 2 ? { id: 'trade/money' } : {}));
    expect(places(manifest)).toContain('error /routes/2/id');
  });

  it('finds empty examples, and warns of routes without any and of shared ones', () => {
    const manifest = changeRoutes((_, index) =>
      index === 0
        ? { examples: ['fine', '  '] }
        : index === 1
          ? { examples: [], keywords: [] }
          : { examples: ['Fine'] },
    );
    expect(places(manifest)).toEqual([
      'error /routes/0/examples/1',
      'warning /routes/1/examples',
      'warning /routes/2/examples/0',
    ]);
  });

  it.each(['../secret.gguf', '/etc/passwd', 'C:\\x.gguf', 'a/../../b.gguf', '..\\x.gguf'])(
    'refuses the file %s, which leaves the folder',
    (file) => {
      const manifest = buildRouterManifest();
      const [first, ...rest] = manifest.parents;
      expect(places({ ...manifest, parents: [{ ...first!, file }, ...rest] })).toEqual([
        'error /parents/0/file',
      ]);
    },
  );

  it('finds a voice model without its vocoder', () => {
    const voice = { role: 'tts' as const, file: 'v.gguf', sha256: 'a'.repeat(64), needs: ['vocoder' as const] }; // prettier-ignore
    expect(places(buildRouterManifest({ companions: [voice] }))).toEqual([
      'error /companions/0/needs',
    ]);
  });
});

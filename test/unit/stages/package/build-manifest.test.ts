import { describe, expect, it } from 'vitest';
import { defaultTones } from '#src/contract/routing/default-tones.ts';
import { routerManifestSchema, type ManifestParent } from '#src/contract/routing/manifest.ts';
import { buildRouterManifest } from '#src/stages/package/build-manifest.ts';

const hash = 'a'.repeat(64);
function parent(
  id: string,
  source: 'bundled' | 'merged',
  subdomains: readonly string[],
): ManifestParent {
  return {
    id,
    domain: 'healthcare',
    base: 'seedling-4m',
    file: `${id}.gguf`,
    sha256: hash,
    bytes: 10,
    quantization: 'Q4_K_M',
    contextWindow: 1024,
    adapters: subdomains.map((subdomain) => ({
      id: `healthcare/${subdomain}`,
      domain: 'healthcare',
      subdomain,
      scale: 1,
      sha256: hash,
      source,
    })),
  };
}
const description = {
  adapterId: 'healthcare/anatomy',
  examples: ['What is a vein?'],
  keywords: ['vein'],
  threshold: 0.5,
};

describe('the router manifest', () => {
  it('routes each subdomain to the first parent that has it', () => {
    const manifest = buildRouterManifest({
      name: 'healthcare',
      parents: [
        parent('q4', 'bundled', ['anatomy']),
        parent('q8', 'bundled', ['anatomy', 'conditions']),
      ],
      routes: [description],
      emotion: false,
    });
    expect(manifest.routes).toEqual([
      {
        id: 'healthcare/anatomy',
        domain: 'healthcare',
        parent: 'q4',
        adapter: 'healthcare/anatomy',
        examples: ['What is a vein?'],
        keywords: ['vein'],
        threshold: 0.5,
      },
      {
        id: 'healthcare/conditions',
        domain: 'healthcare',
        parent: 'q8',
        adapter: 'healthcare/conditions',
        examples: [],
        keywords: [],
      },
    ]);
    expect(manifest.fallback).toEqual({ parent: 'q4' });
    expect(manifest.steps).toEqual([]);
  });

  it('names no adapter in routes to a merged parent', () => {
    const { routes } = buildRouterManifest({
      name: 'h',
      parents: [parent('m', 'merged', ['anatomy'])],
      routes: [],
      emotion: false,
    });
    expect(routes[0]).not.toHaveProperty('adapter');
  });

  it('lists the emotion step with its tones when asked to', () => {
    const { steps } = buildRouterManifest({
      name: 'u',
      parents: [parent('q', 'bundled', [])],
      routes: [],
      emotion: true,
    });
    expect(steps).toEqual([
      {
        kind: 'emotion',
        enabled: true,
        language: 'en',
        labels: ['neutral', 'positive', 'sad', 'angry', 'anxious'],
        tones: defaultTones,
      },
    ]);
  });

  it('refuses a field that it does not know, so that a slip is not ignored', () => {
    const manifest = buildRouterManifest({
      name: 'u',
      parents: [parent('q', 'bundled', [])],
      routes: [],
      emotion: true,
    });
    expect(routerManifestSchema.safeParse({ ...manifest, fallbak: {} }).success).toBe(false);
  });
});

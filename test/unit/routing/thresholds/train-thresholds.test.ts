import { describe, expect, it } from 'vitest';
import { trainThresholds } from '#src/routing/thresholds/train-thresholds.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';

describe('trainThresholds', () => {
  it('gives every route a threshold, the same each time', async () => {
    const thresholds = await trainThresholds(buildRouterManifest());
    expect([...thresholds.keys()]).toEqual(['care/body', 'trade/money', 'trade/cooking']);
    for (const threshold of thresholds.values()) {
      expect(threshold).toBeGreaterThanOrEqual(0.1);
      expect(threshold).toBeLessThanOrEqual(0.9);
    }
    expect(await trainThresholds(buildRouterManifest())).toEqual(thresholds);
  });

  it('rises where off-topic prompts look like a route', async () => {
    const before = await trainThresholds(buildRouterManifest());
    const offTopic = ['Swollen pride', 'A doctor of philosophy', 'The pain of losing a match'];
    const after = await trainThresholds(buildRouterManifest(), {
      routes: {},
      offTopic: offTopic.flatMap((text) => [text, `${text}, they say`, `Fever: ${text}`]),
    });
    expect(after.get('care/body')).toBeGreaterThan(before.get('care/body') ?? 1);
  });

  it('does not go low without any off-topic text', async () => {
    const thresholds = await trainThresholds(buildRouterManifest({ fallback: { parent: 'care' } }));
    for (const threshold of thresholds.values()) expect(threshold).toBeGreaterThanOrEqual(0.4);
  });
});

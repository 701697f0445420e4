// Edits of a manifest change what they name and nothing else.
import { describe, expect, it } from 'vitest';
import {
  adapterFor,
  addRoute,
  isEmotionOn,
  leadTo,
  parentOf,
  remap,
  remapFallback,
  removeParent,
  removeRoute,
  routeOf,
  setOfRoute,
  stepTones,
  switchEmotion,
  whyNotRouteId,
  withExample,
  withSampling,
  withTone,
} from '#renderer/features/router/logic/edit-manifest.ts';
import { buildManifest } from '#test/helpers/build-manifest.ts';

const care = 'tiny-care-Q4_K_M';
const trade = 'tiny-trade-Q4_K_M';

describe('re-mapping', () => {
  it('leads a route to another parent and adapter and keeps the other routes as they are', () => {
    const before = buildManifest();
    const after = remap(before, 'care/conditions', { parent: trade, adapter: 'trade/finance' });
    expect(routeOf(after, 'care/conditions')).toMatchObject({
      parent: trade,
      adapter: 'trade/finance',
      examples: ['My knee hurts', 'I have a fever'],
    });
    expect(after.routes[1]).toBe(before.routes[1]);
    expect(after.note).toBe('written by hand');
  });

  it('takes the adapter out where there is none to switch', () => {
    const after = remap(buildManifest(), 'care/conditions', { parent: trade });
    expect(Object.keys(routeOf(after, 'care/conditions') ?? {})).not.toContain('adapter');
  });

  it('changes nothing when it leads there already', () => {
    const before = buildManifest();
    expect(remap(before, 'trade/finance', { parent: trade, adapter: 'trade/finance' })).toBe(
      before,
    );
    expect(remapFallback(before, { parent: care })).toBe(before);
  });

  it('finds the adapter of the route’s name, else of its subdomain, else the only one', () => {
    const manifest = buildManifest();
    const [first, second] = manifest.parents;
    if (first === undefined || second === undefined) throw new Error('There are two parents.');
    expect(adapterFor(first, 'care/anatomy')).toBe('care/anatomy');
    expect(adapterFor(first, 'other/anatomy')).toBe('care/anatomy');
    expect(adapterFor(first, 'trade/finance')).toBeUndefined();
    expect(adapterFor(second, 'care/anatomy')).toBe('trade/finance');
  });
});

describe('routes and parents', () => {
  it('adds a route to the parent that has its adapter, else to the fallback’s', () => {
    const without = removeRoute(buildManifest(), 'trade/finance');
    expect(routeOf(addRoute(without, 'trade/finance'), 'trade/finance')).toMatchObject({
      parent: trade,
      adapter: 'trade/finance',
    });
    expect(routeOf(addRoute(without, 'new/one'), 'new/one')).toMatchObject({ parent: care });
  });

  it('refuses ids that are taken or no domain and subdomain', () => {
    const manifest = buildManifest();
    expect(whyNotRouteId(manifest, 'care/anatomy')).toContain('already');
    expect(whyNotRouteId(manifest, 'anatomy')).toContain('domain/subdomain');
    expect(whyNotRouteId(manifest, 'care/heart')).toBeUndefined();
  });

  it('lets go of what fell back to a removed route', () => {
    const manifest = setOfRoute(buildManifest(), 'care/anatomy', 'fallback', 'care/conditions');
    const after = removeRoute(manifest, 'care/conditions');
    expect(Object.keys(routeOf(after, 'care/anatomy') ?? {})).not.toContain('fallback');
  });

  it('removes a parent only when nothing leads to it', () => {
    const manifest = buildManifest();
    expect(removeParent(manifest, trade)).toBe(manifest);
    const free = remap(manifest, 'trade/finance', { parent: care });
    expect(leadTo(free, trade)).toEqual([]);
    expect(parentOf(removeParent(free, trade), trade)).toBeUndefined();
    expect(leadTo(free, care)).toContain('none of these');
  });
});

describe('examples', () => {
  it('has a prompt in one place alone', () => {
    const moved = withExample(buildManifest(), 'My knee hurts', 'care/anatomy');
    expect(routeOf(moved, 'care/conditions')?.examples).toEqual(['I have a fever']);
    expect(routeOf(moved, 'care/anatomy')?.examples).toContain('My knee hurts');
    const none = withExample(moved, 'My knee hurts', null);
    expect(none.fallback.examples).toEqual(['My knee hurts']);
    expect(routeOf(none, 'care/anatomy')?.examples).not.toContain('My knee hurts');
    expect(Object.keys(withExample(none, 'My knee hurts', 'care/conditions').fallback)).toEqual([
      'parent',
    ]);
  });

  it('takes no empty prompt and none that is there already', () => {
    const manifest = buildManifest();
    expect(withExample(manifest, '  ', 'care/anatomy')).toBe(manifest);
    expect(withExample(manifest, ' My knee hurts ', 'care/conditions')).toBe(manifest);
  });
});

describe('emotion', () => {
  it('is one switch that keeps the step, its notes and its tones', () => {
    const manifest = buildManifest();
    const off = switchEmotion(manifest, false, ['neutral']);
    expect(isEmotionOn(off)).toBe(false);
    expect(off.steps[0]).toMatchObject({ enabled: false, note: 'kept' });
    expect(switchEmotion(off, true, ['neutral']).steps).toEqual(manifest.steps);
  });

  it('brings careful tones where there was no step', () => {
    const without = buildManifest((manifest) => (manifest.steps = []));
    const on = switchEmotion(without, true, ['neutral', 'sad']);
    expect(isEmotionOn(on)).toBe(true);
    expect(stepTones(on)?.sad?.systemPrompt).toContain('sad');
  });

  it('drops a tone that says nothing, and sampling without a value', () => {
    const tones = withTone(undefined, 'sad', { systemPrompt: 'Be warm.' });
    expect(tones).toEqual({ sad: { systemPrompt: 'Be warm.' } });
    expect(withTone(tones, 'sad', {})).toBeUndefined();
    expect(withSampling({ topK: 4 }, 'topK', undefined)).toBeUndefined();
    expect(withSampling(undefined, 'temperature', 0.2)).toEqual({ temperature: 0.2 });
  });
});

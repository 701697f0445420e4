import { describe, expect, it } from 'vitest';
import type { ManifestRoute, RouterManifest } from '#src/contract/routing/manifest.ts';
import { keepChoices } from '#src/packaging/keep-choices.ts';

const adapter = (id: string) => ({
  id,
  domain: 'd',
  subdomain: id,
  scale: 1,
  sha256: 'a'.repeat(64),
  source: 'bundled' as const,
});
const route = (id: string, more: Partial<ManifestRoute> = {}): ManifestRoute => ({
  id,
  domain: 'd',
  parent: 'p',
  adapter: id,
  examples: ['one', 'two'],
  keywords: [],
  ...more,
});
const manifest = (routes: ManifestRoute[], more: Partial<RouterManifest> = {}): RouterManifest => ({
  version: 1,
  name: 'family',
  parents: [
    {
      id: 'p',
      domain: 'd',
      base: 'b',
      file: 'p.gguf',
      sha256: 'b'.repeat(64),
      bytes: 1,
      quantization: 'Q8_0',
      adapters: [adapter('x'), adapter('y')],
    },
  ],
  companions: [],
  steps: [],
  routes,
  fallback: { parent: 'p' },
  classifier: { kind: 'lexical' },
  policy: { preload: ['p'], keepAliveSeconds: 300 },
  ...more,
});
const first = (made: RouterManifest) => made.routes[0];

describe('a rebuild', () => {
  it('keeps notes everywhere, tones, fallbacks and policies', () => {
    const old = manifest(
      [
        route('x', { note: 'mine', tones: { sad: { systemPrompt: 'Be kind.' } }, fallback: 'y' }),
        route('y'),
      ],
      {
        note: 'family note',
        policy: {
          preload: [],
          keepAliveSeconds: 5,
          sticky: { enabled: false },
          context: { initial: 256, whenFull: 'slide' },
          note: 'why',
        },
      },
    );
    const [parent] = old.parents;
    if (parent !== undefined) parent.note = 'the good one';
    const kept = keepChoices(manifest([route('x'), route('y')]), { old, keepCompanions: true });
    expect(kept.note).toBe('family note');
    expect(kept.parents[0]?.note).toBe('the good one');
    expect(first(kept)).toMatchObject({ note: 'mine', fallback: 'y', tones: { sad: {} } });
    expect(kept.policy).toMatchObject({
      keepAliveSeconds: 5,
      sticky: { enabled: false },
      note: 'why',
    });
    expect(kept.policy.preload).toEqual(['p']);
  });

  it('tells a change by hand from a change of the recipe, and keeps both', () => {
    const base = manifest([route('x', { threshold: 0.5 })]);
    const old = manifest([route('x', { examples: ['two', 'by hand'], threshold: 0.7 })]);
    const made = manifest([route('x', { examples: ['one', 'two', 'new'], threshold: 0.6 })]);
    const kept = first(keepChoices(made, { old, base, keepCompanions: true }));
    expect(kept?.examples).toEqual(['two', 'by hand', 'new']);
    expect(kept?.threshold).toBe(0.7);
  });

  it('follows the recipe where nobody changed anything by hand', () => {
    const base = manifest([route('x', { threshold: 0.5 })]);
    const made = manifest([route('x', { examples: ['other'], threshold: 0.6 })]);
    const kept = first(keepChoices(made, { old: base, base, keepCompanions: true }));
    expect(kept).toMatchObject({ examples: ['other'], threshold: 0.6 });
  });

  it('writes the tones of the emotion step anew where nobody touched it, else leaves it as it was set', () => {
    const step = { kind: 'emotion' as const, language: 'en' as const, labels: ['neutral', 'sad'] };
    const made = manifest([route('x')]);
    const built: RouterManifest = { ...made, steps: [step] };
    const toned = { ...step, tones: { sad: { systemPrompt: 'Warm.' } } };
    const now: RouterManifest = { ...made, steps: [toned] };
    const off: RouterManifest = { ...made, steps: [{ ...step, enabled: false }] };
    const keep = (old: RouterManifest, base?: RouterManifest) =>
      keepChoices(now, { old, base, keepCompanions: true }).steps;
    expect(keep(built, built)).toEqual(now.steps);
    expect(keep(off, built)).toEqual(off.steps);
    expect(keep(built)).toEqual(built.steps);
    expect(keep({ ...made, steps: [] }, built)).toEqual([]);
  });

  it('keeps a route that was mapped elsewhere by hand, but not onto something that is gone', () => {
    const base = manifest([route('x')]);
    const remapped = manifest([route('x', { adapter: 'y' })]);
    const made = manifest([route('x')]);
    expect(first(keepChoices(made, { old: remapped, base, keepCompanions: true }))?.adapter).toBe('y'); // prettier-ignore
    const gone = manifest([route('x', { parent: 'q', adapter: 'y' })]);
    expect(first(keepChoices(made, { old: gone, base, keepCompanions: true }))).toMatchObject({ parent: 'p', adapter: 'x' }); // prettier-ignore
  });

  it('keeps a route that was added by hand, and drops one that the recipe no longer has', () => {
    const base = manifest([route('x'), route('y')]);
    const old = manifest([route('x'), route('y'), route('mine', { adapter: 'y' })]);
    const kept = keepChoices(manifest([route('x')]), { old, base, keepCompanions: true });
    expect(kept.routes.map(({ id }) => id)).toEqual(['x', 'mine']);
  });

  it('lets the recipe decide on companions where it names any, and keeps their notes', () => {
    const companion = {
      role: 'vocoder' as const,
      file: 'companions/v.gguf',
      sha256: 'c'.repeat(64),
    };
    const old = manifest([route('x')], { companions: [{ ...companion, note: 'quiet' }] });
    const without = keepChoices(manifest([route('x')]), { old, keepCompanions: false });
    expect(without.companions).toEqual([]);
    const made = manifest([route('x')], { companions: [companion] });
    const again = keepChoices(made, { old, keepCompanions: false });
    expect(again.companions[0]?.note).toBe('quiet');
  });
});

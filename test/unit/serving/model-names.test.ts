import { describe, expect, it } from 'vitest';
import { routerManifestSchema } from '#src/contract/routing/manifest.ts';
import { chainOf, mayFallBack } from '#src/serving/answer-chain.ts';
import { Conversations } from '#src/serving/conversations.ts';
import { listModels, resolveModelName } from '#src/serving/model-names.ts';
import { joinSampling, prepareMessages } from '#src/serving/prepare-request.ts';
import { StudioError } from '#src/errors/studio-error.ts';

const sha256 = '0'.repeat(64);
const adapter = (id: string, source = 'bundled') => ({ id, domain: 'd', subdomain: id.split('/')[1], scale: 1, sha256, source }); // prettier-ignore
const parent = (id: string, adapters: object[]) => ({ id, domain: 'd', base: 'b', file: `${id}.gguf`, sha256, bytes: 1, quantization: 'Q4_K_M', adapters }); // prettier-ignore
const manifest = routerManifestSchema.parse({
  version: 1,
  name: 'test',
  parents: [parent('p', [adapter('d/a'), adapter('d/m', 'merged')]), parent('p:q', [adapter('d/b')])],
  companions: [],
  steps: [],
  routes: [
    { id: 'd/a', domain: 'd', parent: 'p', adapter: 'd/a', examples: [], keywords: [], fallback: 'd/b' },
    { id: 'd/b', domain: 'd', parent: 'p:q', adapter: 'd/b', examples: [], keywords: [], fallback: 'd/a' },
  ],
  fallback: { parent: 'p' },
  classifier: { kind: 'lexical' },
  policy: { preload: [], keepAliveSeconds: 1 },
}); // prettier-ignore

describe('names of models', () => {
  it.each([
    ['auto', { kind: 'auto' }],
    ['d/a', { kind: 'route', route: { id: 'd/a' } }],
    ['p', { kind: 'target', parent: { id: 'p' }, adapter: undefined }],
    ['p:d/a', { kind: 'target', parent: { id: 'p' }, adapter: { id: 'd/a' } }],
    ['p:a', { kind: 'target', parent: { id: 'p' }, adapter: { id: 'd/a' } }],
    ['p:q', { kind: 'target', parent: { id: 'p:q' }, adapter: undefined }],
    ['p:q:d/b', { kind: 'target', parent: { id: 'p:q' }, adapter: { id: 'd/b' } }],
  ])('%s is found', (name, found) => {
    expect(resolveModelName(manifest, name)).toMatchObject(found);
  });

  it.each(['', 'P', 'p:', 'p:d/b', 'auto ', '__proto__', 'd'])('"%s" is unknown', (name) => {
    expect(() => resolveModelName(manifest, name)).toThrow(/has no model/);
  });

  it('are listed as requests can use them; merged adapters have no name of their own', () => {
    const names = listModels(manifest).map(({ id }) => id);
    expect(names).toEqual(['auto', 'd/a', 'd/b', 'p', 'p:d/a', 'p:q', 'p:q:d/b']);
    for (const name of names) expect(() => resolveModelName(manifest, name)).not.toThrow();
  });
});

describe('who may answer', () => {
  it('is the route, its fallbacks once each even in a circle, and the family last', () => {
    const ids = (id: string | null) => chainOf(manifest, id).map(({ route }) => route?.id ?? null);
    expect(ids('d/a')).toEqual(['d/a', 'd/b', null]);
    expect(ids(null)).toEqual([null]);
  });

  it('is another one only where the parent is at fault', () => {
    expect(mayFallBack(new StudioError('memory/short', 'x'))).toBe(true);
    expect(mayFallBack(new StudioError('serving/files', 'x'))).toBe(true);
    expect(mayFallBack(new StudioError('chat/too-long', 'x'))).toBe(false);
    expect(mayFallBack(new Error('x'))).toBe(false);
  });
});

describe('conversations', () => {
  const hi = { role: 'user', text: 'Hi' } as const;
  const answer = { role: 'assistant', text: 'Hello.' } as const;

  it('without a name are recognized by their history, whatever the system prompt says', () => {
    const conversations = new Conversations();
    const first = conversations.find(undefined, [hi]);
    conversations.remember(first, undefined, [hi], ' Hello.\n', { text: 'Hi', route: 'd/a' });
    const next = conversations.find(undefined, [{ role: 'system', text: 'It is noon.' }, hi, answer, hi]); // prettier-ignore
    expect(next).toEqual({ id: first.id, turns: [{ text: 'Hi', route: 'd/a' }] });
    expect(conversations.find(undefined, [hi, { ...answer, text: 'No.' }, hi]).turns).toEqual([]);
    expect(conversations.find(undefined, [hi]).turns).toEqual([]);
  });

  it('with a name begin anew when their history does', () => {
    const conversations = new Conversations();
    const first = conversations.find('x', [hi]);
    conversations.remember(first, 'x', [hi], 'Hello.', { text: 'Hi', route: null });
    expect(conversations.find('x', [hi, answer, hi]).turns).toHaveLength(1);
    expect(conversations.find('x', [hi])).toEqual({ id: 'x', turns: [] });
  });
});

describe('preparing', () => {
  it("joins system prompts into one at the start, the client's own last", () => {
    const messages = [
      { role: 'user', text: 'Hi' },
      { role: 'system', text: 'Mine.' },
    ] as const;
    expect(prepareMessages(messages, ['Route.', undefined, ' '])).toEqual([
      { role: 'system', text: 'Route.\n\nMine.' },
      { role: 'user', text: 'Hi' },
    ]);
  });

  it('lets later sampling win and leaves out what no chat knows', () => {
    expect(
      joinSampling({ temperature: 0.2, topK: 5, unknown: 1 }, { temperature: 99 }, { topK: 7 }),
    ).toEqual({ temperature: 0.2, topK: 7 });
  });
});

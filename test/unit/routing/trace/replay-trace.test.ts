import { describe, expect, it } from 'vitest';
import { createRouter } from '#src/routing/router.ts';
import { parseTrace, replayTrace, traceLine } from '#src/routing/trace/replay-trace.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';

const time = '2026-01-01T00:00:00.000Z';
const manifest = buildRouterManifest({
  routes: buildRouterManifest().routes.map((route) => ({ ...route, threshold: 0.3 })),
});

async function recorded(): Promise<string> {
  const router = await createRouter(manifest);
  const turns = [{ text: 'My knee is swollen', route: 'care/body' }];
  const first = await router.decide('My back is swollen and hurts');
  const second = await router.decide('And the left one?', { turns });
  const third = { ...first, by: 'person' as const, route: 'trade/money' };
  return [
    traceLine({ time, text: 'My back is swollen and hurts', decision: first }),
    traceLine({ time, text: 'And the left one?', turns, decision: second }),
    traceLine({ time, text: 'My back is swollen and hurts', decision: third }),
  ].join('');
}

describe('a trace', () => {
  it('is decided again as it was, turns included; what a person decided is left out', async () => {
    const entries = parseTrace(await recorded(), 'trace.jsonl');
    const replay = await replayTrace(await createRouter(manifest), entries);
    expect(replay).toEqual({ decisions: 2, same: 2, changed: [], skipped: 1 });
  });

  it('tells what another manifest decides otherwise', async () => {
    const strict = manifest.routes.map((route) => ({ ...route, threshold: 1 }));
    const router = await createRouter({ ...manifest, routes: strict });
    const replay = await replayTrace(router, parseTrace(await recorded(), 'trace.jsonl'));
    expect(replay.changed).toEqual([
      expect.objectContaining({ line: 1, before: 'care/body', after: null }),
    ]);
  });

  it.each([['not json'], ['{"text": 5}'], ['[]']])('names the line that is none: %s', (line) => {
    expect(() => parseTrace(`\n${line}\n`, 'trace.jsonl')).toThrow(/line 2/);
  });
});

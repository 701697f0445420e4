import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '#src/io/package-root.ts';
import { parseRoutingSet, routesOfSet } from '#src/routing/evaluation/parse-routing-set.ts';

const shipped = join(packageRoot(), 'configs', 'routing', 'seedling.json');

function setWith(train: readonly string[], test: readonly string[]): string {
  return JSON.stringify({ version: 1, routes: { 'a/b': { train, test } }, offTopic: { test: [] } });
}

describe('parseRoutingSet', () => {
  it('reads the Seedling set, whose test prompts share no four words with any other prompt', async () => {
    const set = parseRoutingSet(await readFile(shipped, 'utf8'), 'seedling.json');
    expect(Object.keys(set.routes)).toHaveLength(8);
    for (const { train, test } of Object.values(set.routes)) {
      expect(train.length).toBeGreaterThanOrEqual(12);
      expect(test.length).toBeGreaterThanOrEqual(8);
    }
    expect(set.offTopic.test.length).toBeGreaterThanOrEqual(40);
  });

  it('refuses a test prompt that shares four words with a training prompt, whatever their case and signs', () => {
    const text = setWith(['Where is my left knee cap?'], ['So, where IS my "left" arm?']);
    expect(() => parseRoutingSet(text, 'x.json')).toThrow(/shares "where is my left" with/);
  });

  it('refuses a short test prompt that is a training prompt', () => {
    expect(() => parseRoutingSet(setWith(['Define knee'], ['define knee!']), 'x.json')).toThrow(
      /shares/,
    );
  });

  it('refuses a test prompt that stands there twice', () => {
    expect(() => parseRoutingSet(setWith(['a b'], ['Knee?', 'knee']), 'x.json')).toThrow(/twice/);
  });

  it('says what off-topic prompts are for where they are missing', () => {
    const text = JSON.stringify({ version: 1, routes: { 'a/b': { train: ['x'], test: ['y'] } } });
    expect(() => parseRoutingSet(text, 'mine.json')).toThrow('mine.json has no "offTopic"');
  });

  it('names the place of a wrong field', () => {
    const text =
      '{"version": 1,\n "routes": {"a": {"train": ["x"], "test": [""]}}, "offTopic": {"test": []}}';
    expect(() => parseRoutingSet(text, 'x.json')).toThrow(/routes\.a\.test\[0\].*line 2/);
  });
});

describe('routesOfSet', () => {
  it('tells a set from manifests and other prompts by its routes, sound or not', () => {
    expect(routesOfSet('{ "routes": { "a/b": 1 } }', 'x')).toEqual(['a/b']);
    expect(routesOfSet('{ "routes": [{ "id": "a/b" }], "parents": [] }', 'x')).toBeUndefined();
    expect(routesOfSet('{ "emotions": {} }', 'x')).toBeUndefined();
    expect(() => routesOfSet('{ "routes": ', 'x')).toThrow(/not valid JSON/);
  });
});

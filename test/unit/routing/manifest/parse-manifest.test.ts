import { describe, expect, it } from 'vitest';
import { parseJsonText } from '#src/recipe/json-text.ts';
import { writeThresholds } from '#src/routing/manifest/apply-routing-set.ts';
import {
  migrateManifest,
  parseManifest,
  parseManifestDocument,
} from '#src/routing/manifest/parse-manifest.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';

const text = JSON.stringify(buildRouterManifest());

describe('parseManifest', () => {
  it('reads a manifest', () => {
    expect(parseManifest(text, 'router.json')).toEqual(buildRouterManifest());
  });

  it.each([
    ['{"version": 2}', /manifest version 2; this release reads 1/],
    ['{"version": "one"}', /no manifest version/],
    ['[]', /no manifest version/],
    ['{"version": 1, "version": 1}', /given twice/],
    ['{"version": 1, "__proto__": {}}', /not allowed/],
    ['{"version": 1,\n "name": }', /line 2/],
    ['', /not valid JSON/],
    [text.replace('"routes":', '"routs":'), /"routs"|routes/],
    [text.replace('"keepAliveSeconds":300', '"keepAliveSeconds":-1'), /policy\.keepAliveSeconds/],
  ])('refuses %.40s, saying what is wrong', (wrong, message) => {
    expect(() => parseManifest(wrong, 'router.json')).toThrow(message);
  });

  it('brings an older version up to date as edits of its text', () => {
    const json = parseJsonText('{ // mine\n  "version": 1, "old": 5 }', 'x', 'routing/manifest');
    const migration = {
      from: 1,
      splices: () => [{ splice: 'unset' as const, path: [], property: 'old' }],
    };
    const migrated = migrateManifest(json, [migration], 2);
    expect(migrated.value).toEqual({ version: 2 });
    expect(migrated.text).toContain('// mine');
  });
});

describe('writeThresholds', () => {
  it('changes thresholds and no other byte', () => {
    const manifest = buildRouterManifest();
    const [first, ...rest] = manifest.routes;
    const pretty = JSON.stringify(
      { ...manifest, routes: [{ ...first, threshold: 0.5, note: 'mine' }, ...rest], note: 'kept' },
      null,
      '\t',
    ).replace('{', '{ // a comment');
    const written = writeThresholds(
      parseManifestDocument(pretty, 'router.json'),
      new Map([['care/body', 0.34]]),
    );
    expect(written).toBe(pretty.replace('"threshold": 0.5', '"threshold": 0.34'));
  });
});

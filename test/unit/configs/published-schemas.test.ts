import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../../configs/build/published-schemas.ts';

describe('the published JSON Schemas', () => {
  const schemas = publishedSchemas();

  it('are in step with the schemas that the program checks with (node configs/build/write-schemas.mjs)', () => {
    for (const [name, text] of Object.entries(schemas)) {
      expect(readFileSync(`configs/schemas/${name}`, 'utf8'), name).toBe(text);
    }
    expect(readdirSync('configs/schemas').sort()).toEqual(Object.keys(schemas).sort());
  });
});

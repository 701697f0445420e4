import { describe, expect, it } from 'vitest';
import { parseJsonText } from '#src/recipe/json-text.ts';
import { migrateRecipe, recipeMigrations, type RecipeMigration } from '#src/recipe/migrations.ts';
import { recipeVersion } from '#src/recipe/recipe-schema.ts';

const json = (text: string) => parseJsonText(text, 'r', 'recipe/invalid');
const migrations: RecipeMigration[] = [
  { from: 1, edits: () => [{ path: ['nodes'], value: [1] }] },
  { from: 2, edits: (value) => [{ path: ['seen'], value: (value as { nodes: unknown }).nodes }] },
];

describe('migrations', () => {
  it('are applied in order, each to what the one before left', () => {
    const text = '{\n  // kept\n  "version": 1,\n  "nodes": []\n}\n';
    const migrated = migrateRecipe(json(text), migrations, 3);
    expect(migrated.value).toEqual({ version: 3, nodes: [1], seen: [1] });
    expect(migrated.text).toContain('// kept');
  });

  it('start at the version of the file', () => {
    const migrated = migrateRecipe(json('{"version": 2, "nodes": 5}'), migrations, 3);
    expect(migrated.value).toEqual({ version: 3, nodes: 5, seen: 5 });
  });

  it('refuse a version that none of them reads', () => {
    expect(() => migrateRecipe(json('{"version": 0}'), migrations, 3)).toThrow(
      /version 0; this release reads 1, 2, 3/,
    );
    expect(() => migrateRecipe(json('{"version": 4}'), migrations, 3)).toThrow(/version 4/);
  });

  it('lead from version 1 to the current one without gaps', () => {
    expect(recipeMigrations.map(({ from }) => from)).toEqual(
      Array.from({ length: recipeVersion - 1 }, (_, index) => index + 1),
    );
  });
});

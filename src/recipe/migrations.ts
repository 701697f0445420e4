// Older recipe versions, brought up to date when they are read. A migration is a list of edits, not a new file, so that
// saving a migrated recipe still changes only what had to change. Numbered without gaps: migration n leads from n to n+1.
import { StudioError } from '#src/errors/studio-error.ts';
import { applyJsonEdits, type JsonEdit } from './json-edits.ts';
import { parseJsonText, type JsonText } from './json-text.ts';
import { recipeVersion } from './recipe-schema.ts';

export interface RecipeMigration {
  /** The version that it reads; it leads to the next one. */
  readonly from: number;
  /** Edits that turn the parsed value into the next version, `version` itself excepted. */
  edits(value: unknown): readonly JsonEdit[];
}

/** Version 1 is the first, so there is nothing to migrate from yet. */
export const recipeMigrations: readonly RecipeMigration[] = [];

/** Applies what is missing to reach `target`. Throws `recipe/invalid` for a version that nobody here knows. */
export function migrateRecipe(
  json: JsonText,
  migrations: readonly RecipeMigration[] = recipeMigrations,
  target: number = recipeVersion,
): JsonText {
  let current = json;
  for (let version = versionOf(json); version !== target; version++) {
    const migration = migrations.find((candidate) => candidate.from === version);
    if (migration === undefined) {
      throw new StudioError(
        'recipe/invalid',
        `${json.label} has recipe version ${version}; this release reads ${knownVersions(migrations, target)}.`,
        {
          hint:
            version > target
              ? 'It was written by a newer GGUF Studio: update, or save it from there for this version.'
              : 'Set "version" to 1 if the file was written by hand.',
        },
      );
    }
    const edits: JsonEdit[] = [
      ...migration.edits(current.value),
      { path: ['version'], value: version + 1 },
    ];
    current = parseJsonText(applyJsonEdits(current.text, edits), json.label, 'recipe/invalid');
  }
  return current;
}

function versionOf(json: JsonText): number {
  const value = json.value;
  const version =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { version?: unknown }).version
      : undefined;
  if (typeof version === 'number' && Number.isSafeInteger(version)) return version;
  throw new StudioError('recipe/invalid', `${json.label} has no recipe version.`, {
    hint: 'A recipe is a JSON object that begins with "version": 1, then "nodes" and "edges".',
  });
}

function knownVersions(migrations: readonly RecipeMigration[], target: number): string {
  return [...migrations.map((migration) => migration.from), target]
    .sort((a, b) => a - b)
    .join(', ');
}

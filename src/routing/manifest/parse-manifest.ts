// Router manifests as they come from a disk or a person: hostile until they have passed here. What is wrong is said with its
// place; older versions are brought up to date as edits of the text, so that notes and formatting stay.
import {
  routerManifestSchema,
  routerManifestVersion,
  type RouterManifest,
} from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { applyJsonSplices, type JsonSplice } from '#src/recipe/json-splices.ts';
import { parseJsonText, type JsonText } from '#src/recipe/json-text.ts';
import { parseWithSchema } from '#src/recipe/schema-problems.ts';

/** Leads from version `from` to the next one. */
export interface ManifestMigration {
  readonly from: number;
  /** Edits of the text, `version` itself excepted. */
  splices(value: unknown): readonly JsonSplice[];
}

/** Version 1 is the first: there is nothing to migrate from yet. */
export const manifestMigrations: readonly ManifestMigration[] = [];

export interface ManifestDocument {
  readonly json: JsonText;
  readonly manifest: RouterManifest;
}

/** A manifest of any known version. `label` names the file in messages. Throws `routing/manifest` with line and column. */
export function parseManifest(text: string, label: string): RouterManifest {
  return parseManifestDocument(text, label).manifest;
}

/** The same with its text, for edits that change nothing else. */
export function parseManifestDocument(text: string, label: string): ManifestDocument {
  const json = migrateManifest(parseJsonText(text, label, 'routing/manifest'));
  return { json, manifest: parseWithSchema(routerManifestSchema, json, 'routing/manifest') };
}

/** Applies what is missing to reach `target`. Throws `routing/manifest` for a version that nobody here knows. */
export function migrateManifest(
  json: JsonText,
  migrations: readonly ManifestMigration[] = manifestMigrations,
  target: number = routerManifestVersion,
): JsonText {
  let current = json;
  for (let version = versionOf(json); version !== target; version++) {
    const migration = migrations.find(({ from }) => from === version);
    if (migration === undefined) {
      const known = [...migrations.map(({ from }) => from), target].toSorted((a, b) => a - b);
      throw new StudioError(
        'routing/manifest',
        `${json.label} has manifest version ${version}; this release reads ${known.join(', ')}.`,
        {
          hint:
            version > target
              ? 'It was written by a newer GGUF Studio: update, or package the family again with this one.'
              : 'Set "version" to 1 if the file was written by hand.',
        },
      );
    }
    const text = applyJsonSplices(current, [
      ...migration.splices(current.value),
      { splice: 'set', path: [], property: 'version', value: version + 1 },
    ]);
    current = parseJsonText(text, json.label, 'routing/manifest');
  }
  return current;
}

function versionOf(json: JsonText): number {
  const { value } = json;
  const version =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { version?: unknown }).version
      : undefined;
  if (typeof version === 'number' && Number.isSafeInteger(version)) return version;
  throw new StudioError('routing/manifest', `${json.label} has no manifest version.`, {
    hint: 'A router manifest is a JSON object that begins with "version": 1.',
  });
}

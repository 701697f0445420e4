// A recipe with the text it came from. Saving without edits gives the same bytes; an edit changes only what it names
// (design section 4). Wiring is checked apart (validate.ts), because a canvas may hold a recipe that is not finished.
import { StudioError } from '#src/errors/studio-error.ts';
import { applyJsonEdits, type JsonEdit } from './json-edits.ts';
import { parseJsonText, type JsonText } from './json-text.ts';
import { migrateRecipe } from './migrations.ts';
import { recipeSchema, recipeVersion, type Recipe, type RecipeInput } from './recipe-schema.ts';
import { parseWithSchema } from './schema-problems.ts';

export interface RecipeDocument {
  /** How messages name it: the path as the user gave it. */
  readonly label: string;
  /** What saving writes: exactly the text that was read until an edit is made. */
  readonly text: string;
  readonly recipe: Recipe;
  /** The text in today's version, with positions for messages; equals `text` unless it was migrated. */
  readonly json: JsonText;
}

/** Parses a recipe's text. Throws `recipe/invalid` naming the place, the value and what was expected. */
export function parseRecipe(text: string, label: string): RecipeDocument {
  const json = migrateRecipe(parseJsonText(text, label, 'recipe/invalid'));
  return { label, text, json, recipe: parseWithSchema(recipeSchema, json, 'recipe/invalid') };
}

/** Parses a recipe's bytes; they must be UTF-8, or saving could not give them back. */
export function decodeRecipe(bytes: Uint8Array, label: string): RecipeDocument {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new StudioError('recipe/invalid', `${label} is not UTF-8 text.`, {
      hint: 'A recipe is a JSON file: check that this is the file you meant, or save it as UTF-8.',
      cause: error,
    });
  }
  return parseRecipe(text, label);
}

export function encodeRecipe(document: RecipeDocument): Uint8Array {
  return new TextEncoder().encode(document.text);
}

/** A new document for a recipe made by the program (from the model mapping, or an empty canvas). */
export function newRecipeDocument(recipe: RecipeInput, label: string): RecipeDocument {
  const { $schema, version, name, nodes, edges } = recipe;
  // Keys in reading order, each node and edge on its own lines.
  return parseRecipe(
    `${JSON.stringify({ $schema, version, name, nodes, edges }, null, 2)}\n`,
    label,
  );
}

/** Applies edits and checks the result; everything that no edit names keeps its bytes. */
export function editRecipe(document: RecipeDocument, edits: readonly JsonEdit[]): RecipeDocument {
  return edits.length === 0
    ? document
    : parseRecipe(applyJsonEdits(document.json.text, edits), document.label);
}

export const emptyRecipe: RecipeInput = { version: recipeVersion, nodes: [], edges: [] };

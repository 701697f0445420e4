// A recipe's meaning as text: RFC 8785 canonical JSON without positions, labels and absolute paths (design section 4).
// Its SHA-256 is the recipe's hash; two recipes that differ only in how they look have the same one.
import canonicalize from 'canonicalize';
import { invariant } from '#src/errors/assert.ts';
import { lastPathPart } from './node-names.ts';
import type { Recipe, RecipeNode } from './recipe-schema.ts';

/** Canonical JSON of any JSON value. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  invariant(text !== undefined, 'only JSON values are canonicalized');
  return text;
}

/** Starts at a root or a drive: `/models`, `C:\models`, `\\server\share`. */
export function isAbsolutePath(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}

/** Canonical JSON of what a recipe means. Node order means nothing; edge order is the order of adapters. */
export function canonicalRecipe(recipe: Recipe): string {
  const nodes = recipe.nodes
    .map(meaningOf)
    .sort((left, right) => (String(left.id) < String(right.id) ? -1 : 1));
  const edges = [...recipe.edges].sort((left, right) =>
    left.to === right.to ? 0 : left.to < right.to ? -1 : 1,
  );
  return canonicalJson({ version: recipe.version, nodes, edges });
}

/** A node without screen data; an absolute path keeps only its last part, which says what it was. */
export function meaningOf(node: RecipeNode): Record<string, unknown> {
  const result: Record<string, unknown> = { ...node };
  delete result.label;
  delete result.position;
  if ('path' in node && node.path !== undefined) result.path = portablePath(node.path);
  if ('texts' in node && node.texts !== undefined) result.texts = node.texts.map(portablePath);
  if ('folder' in node) result.folder = portablePath(node.folder);
  // Absent and undefined are the same to JSON, but not to the canonical form's writer.
  return JSON.parse(JSON.stringify(result)) as Record<string, unknown>;
}

/** A relative path with forward slashes; of an absolute one, only the last part. */
export function portablePath(path: string): string {
  return isAbsolutePath(path) ? lastPathPart(path) : path.replaceAll('\\', '/');
}

// Step keys (design section 4): a hash over everything that decides an output's bytes. The same key means the same bytes,
// so a file with a record of its key need not be built again.
import { createHash } from 'node:crypto';
import { canonicalJson, canonicalRecipe } from '#src/recipe/canonical-recipe.ts';
import type { Recipe } from '#src/recipe/recipe-schema.ts';

/** Raised whenever the same recipe would give other bytes: conversion, merging, packing or provenance changed. */
const outputVersion = 1;

export interface OutputStep {
  /** The output's own recipe (outputRecipe), its sources pinned by hash. */
  readonly recipe: Recipe;
  /** Which library encodes the tensors. */
  readonly library: string;
  /** The base folder's name, which a converted model's metadata falls back to; absent for a GGUF. */
  readonly baseName: string | undefined;
}

/** SHA-256 in lower-case hexadecimal digits. */
export function outputKey({ recipe, library, baseName }: OutputStep): string {
  return sha256(
    canonicalJson({
      kind: 'output',
      version: outputVersion,
      recipe,
      library,
      ...(baseName === undefined ? {} : { baseName }),
    }),
  );
}

/** The hash of what a recipe means (see canonicalRecipe). */
export function recipeHash(recipe: Recipe): string {
  return sha256(canonicalRecipe(recipe));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

// Exact sizes of levels that are not chosen yet: the dry run of the same recipe with more levels, asked for while a quantize
// step is shown in the inspector.
import { useEffect, useState } from 'react';
import type { NodeOf, Recipe, RecipeLevel } from '#src/recipe/recipe-schema.ts';
import { levels } from '#src/tensors/levels.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { documentForm } from './built-form.ts';
import { activeDocument, activeRecipe } from './canvas-store.ts';

export interface LevelSize {
  readonly bytes: number;
  readonly bitsPerWeight: number;
}

/** The ladder that most people choose from; the others are a click away. */
export const usualLevels: readonly RecipeLevel[] = [
  'F16', 'Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q3_K_M', 'Q2_K', 'BF16',
]; // prettier-ignore

const none: ReadonlyMap<string, LevelSize> = new Map();

/** Sizes by level of one quantize step; empty until they are known. */
export function useLevelSizes(
  node: NodeOf<'quantize'>,
  wanted: readonly RecipeLevel[],
): ReadonlyMap<string, LevelSize> {
  const [sizes, setSizes] = useState(none);
  const document = activeDocument();
  const form = document === undefined ? undefined : documentForm(document);
  const key = wanted.join(' ');
  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      askSizes(node.id, key.split(' ') as RecipeLevel[], controller.signal).then(
        (known) => setSizes(known),
        () => undefined,
      );
    }, 300);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [node.id, form, key]);
  return sizes;
}

async function askSizes(
  id: string,
  wanted: readonly RecipeLevel[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LevelSize>> {
  const recipe = activeRecipe();
  const file = activeDocument()?.file;
  if (recipe === undefined) return none;
  const inputs = recipe.recipe.edges.filter(({ to }) => to === id).map(({ from }) => from);
  const kindOf = (one: string) => recipe.recipe.nodes.find((node) => node.id === one)?.kind;
  const hasImatrix = inputs.some((one) => kindOf(one) === 'imatrix');
  const plannable = wanted.filter(
    (level) => level !== 'as-is' && (hasImatrix || !needsImatrix(level)),
  );
  if (plannable.length === 0) return none;
  const text = JSON.stringify(withLevels(recipe.recipe, id, plannable));
  const plan = await studio().call(
    'planBuild',
    { text, ...(file === undefined ? {} : { file: file.id }) },
    { signal },
  );
  return new Map(
    plan.outputs
      .filter(({ quantizeNode }) => quantizeNode === id)
      .map(({ level, bytes, bitsPerWeight }) => [level, { bytes, bitsPerWeight }]),
  );
}

/**
 * The recipe with other levels for one quantize step. A file name for one level would be refused for many, so there are
 * none; sizes do not depend on them.
 */
export function withLevels(recipe: Recipe, id: string, wanted: readonly RecipeLevel[]): Recipe {
  return {
    ...recipe,
    nodes: recipe.nodes.map((node) => {
      if (node.kind === 'package') return { ...node, fileName: undefined };
      return node.kind === 'quantize' && node.id === id
        ? { ...node, fileName: undefined, levels: [...wanted] }
        : node;
    }),
  };
}

export function needsImatrix(level: RecipeLevel): boolean {
  return level !== 'as-is' && 'needsImatrix' in levels[level];
}

// Exact sizes of levels that are not chosen yet: the dry run of the same recipe with more levels, asked for while a quantize
// step is shown in the inspector.
import { useEffect, useState } from 'react';
import { setNodeFields } from '#src/recipe/edit-nodes.ts';
import type { NodeOf, RecipeLevel } from '#src/recipe/recipe-schema.ts';
import { levels } from '#src/tensors/levels.ts';
import { studio } from '#renderer/stores/studio-store.ts';
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
  const text = activeDocument()?.text;
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
  }, [node.id, text, key]);
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
  let variant = setNodeFields(recipe, id, { levels: plannable, fileName: undefined });
  // A file name for one level would be refused for many; sizes do not depend on it.
  for (const node of recipe.recipe.nodes) {
    if (node.kind === 'package' && node.fileName !== undefined) {
      variant = setNodeFields(variant, node.id, { fileName: undefined });
    }
  }
  const plan = await studio().call(
    'planBuild',
    { text: variant.text, ...(file === undefined ? {} : { file: file.id }) },
    { signal },
  );
  return new Map(
    plan.outputs
      .filter(({ quantizeNode }) => quantizeNode === id)
      .map(({ level, bytes, bitsPerWeight }) => [level, { bytes, bitsPerWeight }]),
  );
}

export function needsImatrix(level: RecipeLevel): boolean {
  return level !== 'as-is' && 'needsImatrix' in levels[level];
}

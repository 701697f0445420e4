// Why two built files differ: their provenance, read from the files and compared.
import { StudioError } from '#src/errors/studio-error.ts';
import {
  explainDifference,
  type Difference,
  type OutputProvenance,
} from '#src/recipe/explain-difference.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import { readHeaderOf } from './existing-output.ts';

/** Empty when nothing differs. Throws `gguf/invalid` for a file without provenance. */
export async function explainOutputs(left: string, right: string): Promise<Difference[]> {
  return explainDifference(await provenanceOf(left), await provenanceOf(right));
}

async function provenanceOf(path: string): Promise<OutputProvenance> {
  const provenance = readProvenance((await readHeaderOf(path)).metadata);
  if (provenance === undefined) {
    throw new StudioError('gguf/invalid', `${path} does not say how it was made.`, {
      hint: 'Only files that "gguf-studio build" wrote can be compared by their making.',
    });
  }
  const { recipe, library, contextWindow } = provenance;
  return { recipe: parseRecipe(recipe, `${path} (studio.recipe)`).recipe, library, contextWindow };
}

// Makes the recipe of a whole family: one parent for every domain of the model mapping, joined by the routes between them.
// Each domain is what `build domain NAME` builds, at the levels of its own use case.
import { StudioError } from '#src/errors/studio-error.ts';
import type { ModelMapping } from './model-mapping.ts';
import { recipeForDomain, type DomainRecipeOptions } from './recipe-for-domain.ts';
import { recipeVersion, type RecipeInput } from './recipe-schema.ts';

/** The name under which a family is built. */
export const familyName = 'family';

/** Throws `recipe/invalid` when the mapping has no domains, and what `recipeForDomain` throws. */
export function recipeForFamily(
  mapping: ModelMapping,
  options: Pick<DomainRecipeOptions, 'form' | 'folder' | 'levels'> = {},
): RecipeInput {
  const domains = Object.keys(mapping.domains);
  if (domains.length === 0) {
    throw new StudioError('recipe/invalid', 'The model mapping has no domains.', {
      hint: 'Add a domain with its subdomains to model_mapping.json.',
    });
  }
  const nodes: RecipeInput['nodes'] = [];
  const edges: RecipeInput['edges'] = [];
  for (const domain of domains) {
    const own = recipeForDomain(mapping, domain, options);
    // Every domain's recipe calls its steps alike.
    const idOf = (id: string) => `${id}-${domain}`;
    for (const node of own.nodes) {
      if (node.kind !== 'family') nodes.push({ ...node, id: idOf(node.id) });
    }
    for (const edge of own.edges) {
      const isLast = own.nodes.some(({ id, kind }) => id === edge.to && kind === 'family');
      edges.push({ ...edge, from: idOf(edge.from), to: isLast ? 'family' : idOf(edge.to) });
    }
  }
  const { folder = '.' } = options;
  nodes.push({ id: 'family', kind: 'family', name: familyName, folder, emotion: true });
  return { version: recipeVersion, name: familyName, nodes, edges };
}

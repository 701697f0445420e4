// The JSON Schemas under configs/schemas/, made from the zod schemas that the program itself checks with. Editors use
// them for completion; test/unit/configs/published-schemas.test.ts keeps the files in step.
import { z } from 'zod';
import { suiteFileSchema } from '#src/contract/quality/suites.ts';
import { workspaceSchema } from '#src/io/workspace.ts';
import { modelMappingSchema } from '#src/recipe/model-mapping.ts';
import { recipeSchema } from '#src/recipe/recipe-schema.ts';
import { routingSetSchema } from '#src/contract/routing/evaluation.ts';
import { routerManifestSchema } from '#src/contract/routing/manifest.ts';

const schemas: Readonly<Record<string, z.ZodType>> = {
  'recipe.schema.json': recipeSchema,
  'model-mapping.schema.json': modelMappingSchema,
  'router-manifest.schema.json': routerManifestSchema,
  'routing-set.schema.json': routingSetSchema,
  'workspace.schema.json': workspaceSchema,
  'evaluation-suites.schema.json': suiteFileSchema,
};

/** File name -> text, as it stands under configs/schemas/. */
export function publishedSchemas(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      // What a person writes: fields with a default may be left out.
      `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`,
    ]),
  );
}

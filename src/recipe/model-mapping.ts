// The model mapping: which domains exist, which adapter serves each subdomain on which base, and what level a use case
// gets. `build domain NAME` and `build universal` make their recipe from it. The file is meant to be edited by its user.
import { z } from 'zod';
import { StudioError } from '#src/errors/studio-error.ts';
import { parseJsonText, placeOf } from './json-text.ts';
import { adapterNodeSchema, identifierSchema, pathSchema, recipeLevels } from './recipe-schema.ts';
import { parseWithSchema, suggestion } from './schema-problems.ts';

export const useCaseSchema = z.strictObject({
  level: z.enum(recipeLevels),
  contextWindow: z.int().min(1).max(100_000_000).describe('Clamped to the trained window.'),
});

const subdomainSchema = z.strictObject({
  base: identifierSchema.describe(
    'The base that this adapter was trained on: a name under "bases".',
  ),
  adapter: pathSchema.describe("A PEFT folder or GGUF LoRA, relative to the workspace's folder."),
  scale: adapterNodeSchema.shape.scale,
  route: adapterNodeSchema.shape.route,
});

const domainSchema = z.strictObject({
  useCase: identifierSchema.optional().describe('Default: "defaultUseCase".'),
  subdomains: z.record(identifierSchema, subdomainSchema),
});

export const modelMappingSchema = z
  .strictObject({
    $schema: z.string().max(1_000).optional(),
    version: z.literal(1),
    defaultUseCase: identifierSchema,
    useCases: z.record(identifierSchema, useCaseSchema).describe('Level and window by use case.'),
    bases: z
      .record(
        identifierSchema,
        z.strictObject({
          path: pathSchema.describe(
            "A Hugging Face folder or GGUF, relative to the workspace's folder.",
          ),
        }),
      )
      .describe('Base models by name.'),
    domains: z.record(identifierSchema, domainSchema),
  })
  .describe('Which adapters and bases make up each domain, and which level a use case gets.');

export type ModelMapping = z.output<typeof modelMappingSchema>;
export type UseCase = z.output<typeof useCaseSchema>;

/** Parses a mapping's text. Throws `recipe/invalid` with the place, also for names that lead nowhere. */
export function parseModelMapping(text: string, label: string): ModelMapping {
  const json = parseJsonText(text, label, 'recipe/invalid');
  const mapping = parseWithSchema(modelMappingSchema, json, 'recipe/invalid');
  const fail = (path: string[], message: string, name: string, known: readonly string[]): never => {
    throw new StudioError(
      'recipe/invalid',
      `${label}, ${path.join('.')} (${placeOf(json, path)}): ${message}`,
      {
        hint: suggestion(name, known),
      },
    );
  };
  const useCases = Object.keys(mapping.useCases);
  if (!useCases.includes(mapping.defaultUseCase)) {
    const name = mapping.defaultUseCase;
    fail(['defaultUseCase'], `there is no use case "${name}".`, name, useCases);
  }
  for (const [domainName, domain] of Object.entries(mapping.domains)) {
    const path = ['domains', domainName];
    if (domain.useCase !== undefined && !useCases.includes(domain.useCase)) {
      fail(
        [...path, 'useCase'],
        `there is no use case "${domain.useCase}".`,
        domain.useCase,
        useCases,
      );
    }
    const subdomains = Object.entries(domain.subdomains);
    if (subdomains.length === 0) {
      throw new StudioError(
        'recipe/invalid',
        `${label}: the domain "${domainName}" has no subdomains (${placeOf(json, path)}).`,
        {
          hint: 'Add a subdomain with its base and adapter, or remove the domain.',
        },
      );
    }
    for (const [name, { base }] of subdomains) {
      if (Object.hasOwn(mapping.bases, base)) continue;
      fail(
        [...path, 'subdomains', name, 'base'],
        `there is no base "${base}".`,
        base,
        Object.keys(mapping.bases),
      );
    }
  }
  return mapping;
}

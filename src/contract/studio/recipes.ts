// Recipes as the window opens and saves them: text, so that what was not edited keeps its bytes.
import { z } from 'zod';
import { fileReferenceSchema, fileIdSchema } from './files.ts';

export const recipeSummarySchema = z.object({
  file: fileReferenceSchema,
  modified: z.number(),
  nodes: z.number(),
  /** Why it cannot be read. */
  problem: z.string().exactOptional(),
});

export const recipeDocumentSchema = z.object({
  file: fileReferenceSchema,
  text: z.string(),
  /** Of the text as it is on the disk; given back when saving. */
  hash: z.string(),
  readOnly: z.boolean(),
});

/** What a draft holds: a recipe's text, or a router manifest with the prompts that were moved in it. */
export const draftKinds = ['recipe', 'manifest'] as const;

/** Unsaved edits of one canvas, or of one manifest. */
export const recipeDraftSchema = z.object({
  kind: z.enum(draftKinds).default('recipe'),
  document: z.string().min(1).max(200),
  title: z.string().max(200),
  file: fileIdSchema.exactOptional(),
  /** Hash of the file that the edits started from. */
  baseHash: z.string().exactOptional(),
  text: z.string().max(50_000_000),
  /** The last job that was started from it, and the text that the job builds. */
  run: z.object({ job: z.string().max(64), text: z.string().max(50_000_000) }).exactOptional(),
  changedAt: z.number(),
});

export const templateSchema = z.discriminatedUnion('template', [
  z.object({ template: z.literal('empty') }),
  z.object({
    template: z.literal('domain'),
    domain: z.string().max(64),
    useCase: z.string().max(64).exactOptional(),
    form: z.enum(['bundled', 'merged']).default('bundled'),
    levels: z.array(z.string()).exactOptional(),
  }),
  z.object({
    template: z.literal('universal'),
    form: z.enum(['bundled', 'merged']).default('bundled'),
  }),
  /** One parent for every domain, and the routes between them. */
  z.object({
    template: z.literal('family'),
    form: z.enum(['bundled', 'merged']).default('bundled'),
  }),
  /** One base at many levels. */
  z.object({
    template: z.literal('compare-levels'),
    base: fileIdSchema.exactOptional(),
    levels: z.array(z.string()).exactOptional(),
  }),
]);

export const workspaceDomainsSchema = z.object({
  domains: z.array(
    z.object({ name: z.string(), subdomains: z.array(z.string()), useCase: z.string() }),
  ),
  useCases: z.array(
    z.object({
      name: z.string(),
      levels: z.array(z.string()),
      contextWindow: z.number().exactOptional(),
    }),
  ),
  /** Why the mapping cannot be read; the lists are empty then. */
  problem: z.string().exactOptional(),
});

export type RecipeSummary = z.infer<typeof recipeSummarySchema>;
export type RecipeDocument = z.infer<typeof recipeDocumentSchema>;
export type RecipeDraft = z.infer<typeof recipeDraftSchema>;
export type WorkspaceDomains = z.infer<typeof workspaceDomainsSchema>;

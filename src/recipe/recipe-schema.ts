// What a recipe file may hold (design section 4): nodes that name sources and steps, and edges between them. Positions
// and labels are the only screen data. The JSON Schema under configs/schemas/ is made from this file.
import { z } from 'zod';
import { companionRoles } from '#src/contract/routing/manifest.ts';
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { levels, type Level } from '#src/tensors/levels.ts';

/** The version that this release writes; older ones are migrated when read (migrations.ts). */
export const recipeVersion = 1;

/** More nodes or edges than any person wires; keeps a hostile file from costing quadratic time. */
const maximumNodes = 2_000;
const maximumEdges = 20_000;

/** A level of llama-quantize, or `as-is`: keep the tensors of an already quantized base untouched. */
export type RecipeLevel = Level | 'as-is';
export const recipeLevels = [...(Object.keys(levels) as Level[]), 'as-is'] as const;

const tensorTypes = Object.keys(ggmlTypes) as [GgmlType, ...GgmlType[]];

export const identifierSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'letters, digits, ".", "_" and "-" (1 to 64 of them)',
  );

/** A path as the user wrote it; relative ones start at the recipe file's folder. */
export const pathSchema = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\u0000-\u001f]*$/, 'no control characters');

const fileNameSchema = z
  .string()
  .max(200)
  .regex(
    /^(?!\.)[^/\\\u0000-\u001f:*?"<>|]+\.gguf$/,
    'a file name ending in .gguf, without a folder',
  );

const finite = z.number().refine(Number.isFinite, 'a finite number');
const text = z.string().max(2_000);

const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal digits');

/** Sources may be pinned: a build refuses another content under the same path. */
const sourceFields = {
  sha256: sha256Schema
    .optional()
    .describe('Hash of the content that this recipe was made for; a build refuses any other.'),
};

const contextSizeSchema = z.int().min(16).max(1_048_576);
const chunksSchema = z.int().min(1).max(1_000_000);

const screenFields = {
  id: identifierSchema.describe('Unique in this recipe; edges name it.'),
  label: text.optional().describe('Shown on the canvas; changes nothing that is built.'),
  position: z
    .strictObject({ x: finite, y: finite })
    .optional()
    .describe('Place on the canvas; changes nothing that is built.'),
};

const outputFields = {
  folder: pathSchema.default('.').describe("Where outputs go, relative to the recipe's folder."),
  fileName: fileNameSchema
    .optional()
    .describe(
      'File name; `{level}` stands for the level and is required for several levels. Default: <Base>-<domain>-<LEVEL>.gguf.',
    ),
};

export const baseNodeSchema = z.strictObject({
  ...screenFields,
  kind: z.literal('base'),
  path: pathSchema.describe('A Hugging Face folder or a GGUF file.'),
  ...sourceFields,
  preTokenizer: identifierSchema
    .optional()
    .describe("llama.cpp's name of the pre-tokenizer, where it cannot be recognized."),
  mergedAdapters: z
    .array(z.strictObject({ name: z.string().max(500), sha256: sha256Schema }))
    .max(1_000)
    .optional()
    .describe(
      'In the recipe that an output carries: adapters that the base held already, by its own provenance.',
    ),
});

export const adapterNodeSchema = z.strictObject({
  ...screenFields,
  kind: z.literal('adapter'),
  path: pathSchema.describe('A PEFT folder or a GGUF LoRA.'),
  ...sourceFields,
  scale: finite.default(1).describe('Weight of the adapter on top of its own alpha / rank.'),
  domain: identifierSchema.optional(),
  subdomain: identifierSchema
    .optional()
    .describe(
      'What the adapter was trained on; its name in a bundle. Default: the last part of the path.',
    ),
  route: z
    .strictObject({
      examples: z.array(text).max(1_000).default([]),
      keywords: z.array(z.string().min(1).max(100)).max(1_000).default([]),
      threshold: z.number().min(0).max(1).optional(),
      systemPrompt: z.string().max(20_000).optional(),
      sampling: z.record(identifierSchema, finite).optional(),
    })
    .optional()
    .describe("What the router's manifest says about this adapter; changes no model file."),
});

export const imatrixNodeSchema = z.strictObject({
  ...screenFields,
  kind: z.literal('imatrix'),
  path: pathSchema
    .optional()
    .describe('An importance matrix (GGUF or .dat). Leave it out where `texts` are given.'),
  ...sourceFields,
  texts: z
    .array(pathSchema)
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      'Calibration texts, instead of `path`: the build collects the matrix from the model that is quantized. Folders stand for the text files in them.',
    ),
  textsSha256: sha256Schema
    .optional()
    .describe('Hash of the calibration texts that this recipe was made for.'),
  // Without defaults in the recipe: the provenance of files that were made with a matrix of a file stays as it was.
  contextSize: contextSizeSchema.optional().describe('Tokens of a chunk. Default 512.'),
  chunks: chunksSchema.optional().describe('Chunks of each text, from its start. Default: all.'),
  processOutput: z.boolean().optional().describe('Collect for output.weight, too.'),
  parseSpecial: z
    .boolean()
    .optional()
    .describe('Read control tokens that the texts spell out (chat markers).'),
});

export const mergeNodeSchema = z.strictObject({
  ...screenFields,
  kind: z.literal('merge'),
  method: z.enum(['sum', 'ties', 'dare']).default('sum'),
  density: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('Share of each delta that TIES or DARE keeps. Default 0.5.'),
  seed: z.int().min(0).max(4_294_967_295).optional().describe('Seed of DARE. Default 0.'),
});

export const quantizeNodeSchema = z.strictObject({
  ...screenFields,
  kind: z.literal('quantize'),
  levels: z
    .array(z.enum(recipeLevels))
    .min(1)
    .max(recipeLevels.length)
    .describe('One output per level, all written in one pass over the source.'),
  pure: z.boolean().default(false).describe('llama-quantize --pure.'),
  leaveOutputTensor: z.boolean().default(false).describe('llama-quantize --leave-output-tensor.'),
  outputTensorType: z.enum(tensorTypes).optional(),
  tokenEmbeddingType: z.enum(tensorTypes).optional(),
  tensorTypes: z
    .array(z.strictObject({ pattern: z.string().min(1).max(500), type: z.enum(tensorTypes) }))
    .max(1_000)
    .default([])
    .describe('llama-quantize --tensor-type PATTERN=TYPE, in order.'),
  pruneLayers: z.array(z.int().min(0).max(10_000)).max(1_000).default([]),
  allowRequantize: z
    .boolean()
    .default(false)
    .describe('Quantize an input that is already quantized, at a loss.'),
  ...outputFields,
});

export const packageNodeSchema = z.strictObject({
  ...screenFields,
  kind: z.literal('package'),
  form: z
    .enum(['bundled', 'merged'])
    .describe('bundled: the adapters ride inside the file; merged: they are in the weights.'),
  domain: identifierSchema.describe('Names the parent, its file and its routes.'),
  contextWindow: z
    .int()
    .min(1)
    .max(100_000_000)
    .optional()
    .describe('Written as studio.context_window, at most the trained window.'),
  adapterType: z
    .enum(['f32', 'f16', 'bf16', 'q8_0', 'auto'])
    .default('f32')
    .describe(
      'How a bundle stores the factors of PEFT adapters; GGUF adapters are packed as they are.',
    ),
  ...outputFields,
});

export const familyNodeSchema = z.strictObject({
  ...screenFields,
  kind: z.literal('family'),
  name: identifierSchema.describe('Names the set of parents, for example `universal`.'),
  folder: pathSchema.default('.').describe('Where router.json goes.'),
  emotion: z
    .boolean()
    .default(true)
    .describe('List the emotion step in the manifest (read before a request is routed).'),
  companions: z
    .array(
      z.strictObject({
        role: z.enum(companionRoles),
        path: pathSchema.describe('A model file.'),
        id: identifierSchema.optional().describe('Default: its role.'),
      }),
    )
    .max(100)
    .optional()
    .describe(
      'Speech, voice, vision and emotion models, copied to companions/; never part of a parent. Without it, those that the manifest has stay.',
    ),
  routing: pathSchema
    .optional()
    .describe(
      "A routing set: its training prompts become the routes' examples, its off-topic ones the fallback's.",
    ),
});

export const evaluateNodeSchema = z
  .strictObject({
    ...screenFields,
    kind: z.literal('evaluate'),
    suites: z
      .array(identifierSchema)
      .min(1)
      .max(50)
      .default(['general'])
      .describe('What to measure on: names of evaluation suites.'),
    contextSize: contextSizeSchema.default(512).describe('Tokens per chunk.'),
    chunks: chunksSchema.optional().describe('Chunks per text, from its start. Default: all.'),
    gate: finite
      .gt(0)
      .optional()
      .describe(
        'Largest mean KLD against the unquantized model that passes. A file above it is kept as X.rejected, and the build fails.',
      ),
    gateSameTop: finite
      .gt(0)
      .max(1)
      .optional()
      .describe(
        "Smallest share of positions, 0 to 1, whose most probable token is the unquantized model's, that passes.",
      ),
    fullComparison: z
      .boolean()
      .default(false)
      .describe('Run both models side by side instead of keeping a small record of the reference.'),
  })
  .describe(
    'Measures what is wired to it against its unquantized model; changes no model file, but refuses those that fail its gate.',
  );

export const recipeNodeSchema = z.discriminatedUnion('kind', [
  baseNodeSchema,
  adapterNodeSchema,
  imatrixNodeSchema,
  mergeNodeSchema,
  quantizeNodeSchema,
  packageNodeSchema,
  familyNodeSchema,
  evaluateNodeSchema,
]);

export const recipeEdgeSchema = z.strictObject({
  from: identifierSchema,
  to: identifierSchema,
});

export const recipeSchema = z
  .strictObject({
    $schema: z.string().max(1_000).optional(),
    version: z.literal(recipeVersion),
    name: text.optional().describe('Shown to people; changes nothing that is built.'),
    nodes: z.array(recipeNodeSchema).max(maximumNodes),
    edges: z
      .array(recipeEdgeSchema)
      .max(maximumEdges)
      .describe('From an output to an input; the order of edges is the order of adapters.'),
  })
  .describe('A GGUF Studio recipe: what the canvas shows and `gguf-studio build` runs.');

/** A parsed recipe, defaults filled in. */
export type Recipe = z.output<typeof recipeSchema>;
/** A recipe as written, defaults left out. */
export type RecipeInput = z.input<typeof recipeSchema>;
export type RecipeNode = Recipe['nodes'][number];
export type RecipeEdge = Recipe['edges'][number];
export type NodeKind = RecipeNode['kind'];
export type NodeOf<Kind extends NodeKind> = Extract<RecipeNode, { kind: Kind }>;

// The Router screen's part of the studio contract: manifests that are open for editing, what they would decide, and serving.
// A manifest is edited as a whole document; the studio keeps which one is saved and which one is served.
import { z } from 'zod';
import { answerSchema, messageSchema } from '../column.ts';
import { jobSchema } from '../jobs.ts';
import { decisionSchema } from '../routing/decision.ts';
import { routingEvaluationSchema } from '../routing/evaluation.ts';
import { routerManifestSchema } from '../routing/manifest.ts';
import { samplingSchema } from '../sampling.ts';
import { fileIdSchema, fileReferenceSchema } from './files.ts';

const none = z.never();
const text = z.string().max(100_000);

export const manifestSummarySchema = z.object({
  file: fileReferenceSchema,
  name: z.string(),
  parents: z.number(),
  routes: z.number(),
  /** Why it cannot be opened, in a sentence. */
  problem: z.string().exactOptional(),
});

export const manifestDocumentSchema = z.object({
  file: fileReferenceSchema,
  manifest: routerManifestSchema,
  /** Of the bytes on the disk: saving over a file that changed since is refused. */
  sha256: z.string(),
  /** What is wrong with it that can be repaired in the editor: missing files, adapters of another base, empty examples. */
  problems: z.array(
    z.object({
      message: z.string(),
      hint: z.string().exactOptional(),
      /** JSON pointer to what it is about. */
      at: z.string(),
      severity: z.enum(['error', 'warning']),
    }),
  ),
});

/** The text of a manifest's draft, as JSON: the edits, and the prompts whose route a person changed. */
export const draftedManifestSchema = z.object({
  /** Read as a manifest is read from a disk: it may be of an older release. */
  manifest: z.unknown(),
  moved: z.array(z.object({ text, route: z.string().nullable() })).max(10_000),
});

export const serverStateSchema = z.object({
  state: z.enum(['stopped', 'starting', 'running', 'failed']),
  reason: z.string().exactOptional(),
  /** `http://127.0.0.1:4890/v1`. */
  address: z.string().exactOptional(),
  /** Shown to the user of this window, who gives it to clients. */
  token: z.string().exactOptional(),
  manifest: fileReferenceSchema.exactOptional(),
  /** Hash of the manifest as it is served. */
  sha256: z.string().exactOptional(),
  loaded: z.array(
    z.object({
      parent: z.string(),
      adapter: z.string().exactOptional(),
      ramBytes: z.number(),
      vramBytes: z.number(),
      contextSize: z.number(),
      busy: z.boolean(),
    }),
  ),
  requests: z.object({ running: z.number(), waiting: z.number(), done: z.number() }),
});

/** An embedding model as a manifest names it. */
export const manifestEmbeddingSchema = z.object({
  /** Relative to the manifest's folder. */
  file: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  /** Length of its vectors. */
  dimensions: z.number(),
  /** It lay there already. */
  reused: z.boolean(),
});

const measuredShareSchema = z.object({
  hits: z.number(),
  count: z.number(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
});

const phaseEventSchema = z.object({
  event: z.literal('phase'),
  phase: z.string(),
  detail: z.string().exactOptional(),
});

const exportFormatSchema = z.enum(['llama-server', 'llama-swap', 'ollama', 'lm-studio']);

export const routerMethods = {
  /** Manifests in the workspace. */
  listManifests: { params: z.object({}), result: z.array(manifestSummarySchema), event: none },
  openManifest: {
    params: z.object({ file: fileIdSchema }),
    result: manifestDocumentSchema,
    event: none,
  },
  saveManifest: {
    params: z.object({
      file: fileIdSchema,
      manifest: routerManifestSchema,
      /** The one that the edits began with. */
      sha256: z.string(),
    }),
    result: manifestDocumentSchema,
    event: none,
  },
  /** Decides a text by a manifest as it is edited; nothing is loaded for `lexical`. */
  testRoute: {
    params: z.object({
      file: fileIdSchema,
      manifest: routerManifestSchema,
      text,
      /** Routes of the conversation's earlier turns, oldest first. */
      turns: z.array(z.string().nullable()).max(1_000).default([]),
    }),
    result: decisionSchema,
    event: none,
  },
  /** On the routing set of the workspace (or the embedded one) that fits the manifest's routes. */
  evaluateRouter: {
    params: z.object({
      file: fileIdSchema,
      manifest: routerManifestSchema,
      /** Prompts whose route a person changed: part of the examples from now on, no longer tested on. */
      moved: z
        .array(z.object({ text, route: z.string().nullable() }))
        .max(10_000)
        .default([]),
    }),
    result: routingEvaluationSchema,
    event: none,
  },
  /** The manifest with thresholds found on held-out examples; with `examples`, those of the routing set first. */
  trainRouter: {
    params: z.object({ file: fileIdSchema, manifest: routerManifestSchema, examples: z.boolean() }),
    result: routerManifestSchema,
    event: none,
  },
  /** Serves a saved manifest, or another one instead of what is served; running answers end first. */
  startServing: {
    params: z.object({ file: fileIdSchema }),
    result: serverStateSchema,
    event: none,
  },
  stopServing: { params: z.object({}), result: serverStateSchema, event: none },
  /** Runs until cancelled: the state, and each change of it. */
  watchServer: {
    params: z.object({}),
    result: z.null(),
    event: z.object({ event: z.literal('server'), server: serverStateSchema }),
  },
  /** One turn of a chat through what is served. `route` overrules the router. */
  askRouter: {
    params: z.object({
      messages: z.array(messageSchema).min(1).max(20_000),
      conversation: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
      route: z.string().exactOptional(),
      sampling: samplingSchema.default({}),
    }),
    result: z.object({ answer: answerSchema, decision: decisionSchema }),
    event: z.union([
      z.object({ event: z.literal('decision'), decision: decisionSchema }),
      z.object({ event: z.literal('text'), text: z.string(), tokens: z.number() }),
    ]),
  },
  /** Checks every hash, reference and bundle of a package. */
  verifyPackage: { params: z.object({ file: fileIdSchema }), result: jobSchema, event: none },
  /** Configuration of another server, as texts to save. */
  exportRouter: {
    params: z.object({
      file: fileIdSchema,
      format: exportFormatSchema,
    }),
    result: z.object({
      files: z.array(z.object({ name: z.string(), text: z.string() })),
      notices: z.array(z.string()),
    }),
    event: none,
  },
  /** Writes an export and all that it names (adapters taken out, copies) into a new folder inside `folder`. */
  saveExport: {
    params: z.object({
      file: fileIdSchema,
      format: exportFormatSchema,
      folder: fileIdSchema,
      overwrite: z.boolean().default(false),
    }),
    result: z.object({
      folder: fileReferenceSchema,
      /** Relative to the folder. */
      files: z.array(z.string()),
    }),
    event: phaseEventSchema,
  },
  /**
   * Checks that a GGUF embeds texts, and copies it into the family's folder unless it lies there. The manifest is not
   * written: what is found goes into its edits. A file of another content is never replaced.
   */
  addEmbeddingModel: {
    params: z.object({ file: fileIdSchema, model: fileIdSchema }),
    result: manifestEmbeddingSchema,
    event: phaseEventSchema,
  },
  /** What the emotion lexicon is worth on configs/routing/emotions.json, with 95 % intervals. */
  measureLexicon: {
    params: z.object({}),
    result: z.object({
      labels: z.number(),
      accuracy: measuredShareSchema,
      /** Of the sentences that show a feeling: those in which the right one was seen. */
      seen: measuredShareSchema,
      /** Of the sentences in which a feeling was detected: those that show it. */
      right: measuredShareSchema,
    }),
    event: none,
  },
};

export type ManifestSummary = z.infer<typeof manifestSummarySchema>;
export type ManifestDocument = z.infer<typeof manifestDocumentSchema>;
export type ServerState = z.infer<typeof serverStateSchema>;
export type ManifestEmbedding = z.infer<typeof manifestEmbeddingSchema>;

// What the window may ask of the studio behind it: the Electron main process, or `gguf-studio serve`. The preload's named
// methods, the WebSocket's calls and the renderer's client are all derived from this one map. Files are ids (studio/files.ts).
import { z } from 'zod';
import {
  answerSchema,
  columnOptionsSchema,
  columnStateSchema,
  firstDifferenceSchema,
  loadedColumnSchema,
  messageSchema,
} from './column.ts';
import type { Contract } from './contract.ts';
import { buildPlanSchema } from './build-plan.ts';
import { conversationSchema, conversationSummarySchema, tallySchema } from './conversation.ts';
import { samplingSchema } from './sampling.ts';
import { inspectionSchema } from './inspection.ts';
import { jobLogLineSchema, jobSchema } from './jobs.ts';
import { adapterFitSchema } from './library.ts';
import { machineSchema } from './machine.ts';
import { settingsSchema } from './settings.ts';
import {
  fileIdSchema,
  fileReferenceSchema,
  folderListingSchema,
  pickPurposeSchema,
} from './studio/files.ts';
import { libraryEntrySchema } from './studio/library.ts';
import {
  recipeDocumentSchema,
  recipeDraftSchema,
  recipeSummarySchema,
  templateSchema,
  workspaceDomainsSchema,
} from './studio/recipes.ts';
import { doctorMethods } from './studio/doctor.ts';
import { qualityMethods } from './studio/quality.ts';
import { routerMethods } from './studio/router.ts';
import { studioStateSchema, watchEventSchema } from './studio/state.ts';

const none = z.never();
const text = z.string().max(50_000_000);
const column = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);
const jobId = z.string().regex(/^[A-Za-z0-9-]{8,64}$/);

export const studioContract = {
  // The studio and its workspace
  /** Runs until cancelled: first everything as it is, then what changes. */
  watch: { params: z.object({}), result: z.null(), event: watchEventSchema },
  describeMachine: { params: z.object({}), result: machineSchema, event: none },
  /** Changes the named settings; null takes one back to its default. */
  changeSettings: {
    params: z.object({ changes: z.record(z.string(), z.unknown()) }),
    result: settingsSchema,
    event: none,
  },
  openWorkspace: {
    params: z.object({ folder: fileIdSchema }),
    result: studioStateSchema,
    event: none,
  },
  /** Makes a folder a workspace (gguf-studio.json) and opens it. */
  createWorkspace: {
    params: z.object({ folder: fileIdSchema, name: z.string().min(1).max(200) }),
    result: studioStateSchema,
    event: none,
  },
  openSeedlingWorkspace: { params: z.object({}), result: studioStateSchema, event: none },
  addModelFolder: {
    params: z.object({ folder: fileIdSchema }),
    result: studioStateSchema,
    event: none,
  },
  /** Only forgets it; nothing in it is touched. */
  removeModelFolder: {
    params: z.object({ folder: fileIdSchema }),
    result: studioStateSchema,
    event: none,
  },
  declineOfferedFolder: {
    params: z.object({ folder: fileIdSchema }),
    result: studioStateSchema,
    event: none,
  },

  // Choosing files
  listFolder: {
    params: z.object({ folder: fileIdSchema.nullable(), purpose: pickPurposeSchema }),
    result: folderListingSchema,
    event: none,
  },
  /** A path that the user typed or pasted into the picker; refused outside the allowed roots. */
  resolvePath: {
    params: z.object({ path: z.string().max(4096), purpose: pickPurposeSchema }),
    result: fileReferenceSchema,
    event: none,
  },
  makeFolder: {
    params: z.object({ parent: fileIdSchema, name: z.string().min(1).max(200) }),
    result: fileReferenceSchema,
    event: none,
  },
  /** The system's own dialog; only on the desktop. Empty when the user closed it. */
  pickWithSystemDialog: {
    params: z.object({ purpose: pickPurposeSchema, title: z.string().max(200) }),
    result: z.array(fileReferenceSchema),
    event: none,
  },
  /** Browser mode: a dropped adapter, text or recipe, in pieces; the last one (`last`) answers its reference. */
  upload: {
    params: z.object({
      upload: z.string().regex(/^[A-Za-z0-9-]{8,64}$/),
      name: z.string().min(1).max(200),
      /** At most 1 MiB of bytes. */
      base64: z.string().max(1_500_000),
      last: z.boolean(),
    }),
    result: fileReferenceSchema.nullable(),
    event: none,
  },
  /** Opens the folder of a file in the system's file manager; only on the desktop. */
  showInFolder: { params: z.object({ file: fileIdSchema }), result: z.null(), event: none },
  /** Saves a text where the user chooses; only on the desktop (a browser downloads). Null when the dialog was closed. */
  saveTextAs: {
    params: z.object({
      suggestedName: z.string().max(200),
      text,
      /** `base64`: the bytes of a picture. */
      encoding: z.enum(['utf8', 'base64']).default('utf8'),
    }),
    result: fileReferenceSchema.nullable(),
    event: none,
  },

  // Library
  /** Streams every entry as it is found; also after the result, `watch` tells when folders changed. */
  listLibrary: {
    params: z.object({}),
    result: z.object({ entries: z.number(), seconds: z.number() }),
    event: z.object({ event: z.literal('entry'), entry: libraryEntrySchema }),
  },
  /** Adds single files or folders (picked or dropped) to the library, where they are. */
  addToLibrary: {
    params: z.object({ files: z.array(fileIdSchema).min(1).max(1000) }),
    result: z.array(libraryEntrySchema),
    event: none,
  },
  removeFromLibrary: { params: z.object({ file: fileIdSchema }), result: z.null(), event: none },
  inspect: { params: z.object({ file: fileIdSchema }), result: inspectionSchema, event: none },
  /** The file's chat template rendered over a sample conversation, or why it cannot be. */
  renderChatTemplate: {
    params: z.object({ file: fileIdSchema }),
    result: z.object({
      template: z.string(),
      rendered: z.string().exactOptional(),
      problem: z.string().exactOptional(),
    }),
    event: none,
  },
  /** Which adapters fit a base; without `adapters`, all of the library. */
  checkAdapters: {
    params: z.object({
      base: fileIdSchema,
      adapters: z.array(fileIdSchema).max(1000).exactOptional(),
    }),
    result: z.array(adapterFitSchema.extend({ file: fileIdSchema })),
    event: none,
  },

  // Recipes
  listRecipes: { params: z.object({}), result: z.array(recipeSummarySchema), event: none },
  openRecipe: {
    params: z.object({ file: fileIdSchema }),
    result: recipeDocumentSchema,
    event: none,
  },
  /**
   * Writes a recipe. `expectedHash` is what was opened: `recipe/changed-on-disk` when the file is another by now.
   * Without `file`, a new one `name`.recipe.json in the workspace's own folder, where `recipePath`s start.
   */
  saveRecipe: {
    params: z.object({
      file: fileIdSchema.exactOptional(),
      name: z.string().min(1).max(120).exactOptional(),
      text,
      expectedHash: z.string().exactOptional(),
    }),
    result: recipeDocumentSchema,
    event: none,
  },
  /** Keeps unsaved edits, so that a crash loses nothing; offered again by listDrafts. `document` names the canvas tab. */
  keepDraft: { params: recipeDraftSchema.omit({ changedAt: true }), result: z.null(), event: none },
  dropDraft: { params: z.object({ document: z.string().max(200) }), result: z.null(), event: none },
  listDrafts: { params: z.object({}), result: z.array(recipeDraftSchema), event: none },
  /** Domains, subdomains and use cases of the workspace's model mapping. */
  listDomains: { params: z.object({}), result: workspaceDomainsSchema, event: none },
  makeFromTemplate: {
    params: templateSchema,
    result: z.object({ name: z.string(), text: z.string() }),
    event: none,
  },
  /** The reference of a path that a recipe of this workspace holds; null when it leads outside the allowed roots. */
  resolveRecipePath: {
    params: z.object({ path: z.string().max(4096), recipe: fileIdSchema.exactOptional() }),
    result: fileReferenceSchema.nullable(),
    event: none,
  },
  planBuild: {
    params: z.object({ text, file: fileIdSchema.exactOptional() }),
    result: buildPlanSchema,
    event: none,
  },

  // Jobs
  startBuild: {
    params: z.object({
      text,
      file: fileIdSchema.exactOptional(),
      title: z.string().min(1).max(200),
      overwrite: z.boolean().default(false),
    }),
    result: jobSchema,
    event: none,
  },
  cancelJob: { params: z.object({ job: jobId }), result: z.null(), event: none },
  /** Starts a failed, cancelled or interrupted job again; it goes on where it stopped. */
  retryJob: { params: z.object({ job: jobId }), result: jobSchema, event: none },
  /** Removes an ended job from the list, never its outputs. */
  removeJob: { params: z.object({ job: jobId }), result: z.null(), event: none },
  /** Runs until cancelled or the job has ended: its log so far, then line by line. */
  followJobLog: {
    params: z.object({ job: jobId }),
    result: z.null(),
    event: z.object({ event: z.literal('lines'), lines: z.array(jobLogLineSchema) }),
  },
  /** References of a job's outputs, to open, chat with or compare. */
  listJobOutputs: {
    params: z.object({ job: jobId }),
    result: z.array(fileReferenceSchema.extend({ level: z.string(), exists: z.boolean() })),
    event: none,
  },

  // Chat
  loadColumn: {
    params: columnOptionsSchema.extend({
      column,
      file: fileIdSchema,
      adapters: z
        .array(
          z.union([
            z.object({ file: fileIdSchema, scale: z.number() }),
            z.object({ bundled: z.string(), scale: z.number() }),
          ]),
        )
        .default([]),
    }),
    result: loadedColumnSchema,
    event: z.union([
      z.object({ event: z.literal('progress'), done: z.number(), total: z.number() }),
      z.object({ event: z.literal('state'), state: columnStateSchema }),
    ]),
  },
  /** One answer to a whole conversation; cancel stops it and keeps what came. */
  generate: {
    params: z.object({
      column,
      messages: z.array(messageSchema).min(1).max(20_000),
      sampling: samplingSchema.default({}),
    }),
    result: answerSchema,
    event: z.union([
      z.object({ event: z.literal('text'), text: z.string(), tokens: z.number() }),
      z.object({ event: z.literal('state'), state: columnStateSchema }),
    ]),
  },
  findFirstDifference: {
    params: z.object({ columns: z.tuple([column, column]) }),
    result: firstDifferenceSchema,
    event: none,
  },
  unloadColumn: { params: z.object({ column }), result: z.null(), event: none },
  listConversations: {
    params: z.object({}),
    result: z.array(conversationSummarySchema),
    event: none,
  },
  readConversation: {
    params: z.object({ id: z.string().max(64) }),
    result: conversationSchema,
    event: none,
  },
  saveConversation: {
    params: z.object({ conversation: conversationSchema }),
    result: z.null(),
    event: none,
  },
  removeConversation: {
    params: z.object({ id: z.string().max(64) }),
    result: z.null(),
    event: none,
  },
  readTally: { params: z.object({}), result: tallySchema, event: none },

  // Compare: a method stands here once it is answered
  listRuns: qualityMethods.listRuns,
  readRun: qualityMethods.readRun,
  removeRun: qualityMethods.removeRun,
  listSuites: qualityMethods.listSuites,
  startEvaluation: qualityMethods.startEvaluation,
  startMatrix: qualityMethods.startMatrix,
  startAllocation: qualityMethods.startAllocation,
  readDrift: qualityMethods.readDrift,
  readPosition: qualityMethods.readPosition,
  makeReport: qualityMethods.makeReport,

  // Router
  ...routerMethods,

  // Doctor
  ...doctorMethods,
} as const satisfies Contract;

export type StudioContract = typeof studioContract;

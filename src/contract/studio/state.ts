// What the window shows of the studio itself, and how it learns of changes.
import { z } from 'zod';
import { columnStateSchema } from '../column.ts';
import { jobSchema } from '../jobs.ts';
import { settingsSchema } from '../settings.ts';
import { fileIdSchema, fileReferenceSchema } from './files.ts';

export const studioStateSchema = z.object({
  version: z.string(),
  /** `desktop` has system dialogs and a file manager; `browser` has uploads and downloads. */
  mode: z.enum(['desktop', 'browser']),
  platform: z.string(),
  workspace: z.object({
    folder: fileReferenceSchema,
    name: z.string(),
    /** The embedded one. */
    seedling: z.boolean(),
    /** Nothing can be saved in it, and why. */
    readOnly: z.string().exactOptional(),
    /** Another studio has it open too: its process id. */
    alsoOpenIn: z.number().exactOptional(),
  }),
  recentWorkspaces: z.array(
    z.object({ folder: fileReferenceSchema, name: z.string(), exists: z.boolean() }),
  ),
  modelFolders: z.array(z.object({ folder: fileReferenceSchema, exists: z.boolean() })),
  /** Found on this machine and not yet taken or declined: LM Studio's models, llama.cpp's and Hugging Face's caches. */
  offeredFolders: z.array(
    z.object({ folder: fileReferenceSchema, what: z.string(), models: z.number() }),
  ),
  settings: settingsSchema,
  /** What the user should know of the studio itself: `Settings in …: "theme" cannot be used …`. */
  notices: z.array(z.string()).exactOptional(),
});

export const hostStateSchema = z.object({
  name: z.enum(['factory', 'engine']),
  state: z.enum(['idle', 'starting', 'running', 'crashed']),
  /** After a crash: how it ended and its last words. It is started anew by the next call. */
  reason: z.string().exactOptional(),
});

/** Sampled every few seconds. */
export const meterSchema = z.object({
  memoryBytes: z.number(),
  freeMemoryBytes: z.number(),
  /** Empty without a GPU. */
  gpus: z.array(z.object({ name: z.string(), freeBytes: z.number(), totalBytes: z.number() })),
  /** Back end of the engine once it is loaded: `cuda`, `vulkan`, `metal`, or false for the processor alone. */
  gpu: z.union([z.literal(false), z.string()]).exactOptional(),
});

/** Commands of the native menu and its shortcuts. */
export const menuCommandSchema = z.enum([
  'open-workspace',
  'open-recipe',
  'new-recipe',
  'save',
  'save-as',
  'run',
  'undo',
  'redo',
  'palette',
  'toggle-jobs',
  'settings',
  'library',
  'workflow',
  'compare',
  'chat',
  'router',
  'doctor',
  'shortcuts',
]);

export const watchEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('state'), state: studioStateSchema }),
  /** All jobs, newest first: once at the start. */
  z.object({ event: z.literal('jobs'), jobs: z.array(jobSchema) }),
  z.object({ event: z.literal('job'), job: jobSchema }),
  z.object({ event: z.literal('job-removed'), job: z.string() }),
  z.object({ event: z.literal('host'), host: hostStateSchema }),
  z.object({ event: z.literal('meter'), meter: meterSchema }),
  z.object({ event: z.literal('column'), column: columnStateSchema }),
  z.object({ event: z.literal('library-changed') }),
  /** Measured runs came, changed or went. */
  z.object({ event: z.literal('runs-changed') }),
  z.object({ event: z.literal('recipe-changed'), file: fileIdSchema, hash: z.string() }),
  /** A manifest that a window opened holds other bytes now. */
  z.object({ event: z.literal('manifest-changed'), file: fileIdSchema, sha256: z.string() }),
  /** The system handed a recipe over (a double click, a second start): open it. */
  z.object({ event: z.literal('open-recipe'), file: fileReferenceSchema }),
  z.object({ event: z.literal('menu'), command: menuCommandSchema }),
]);

export type StudioState = z.infer<typeof studioStateSchema>;
export type HostState = z.infer<typeof hostStateSchema>;
export type Meter = z.infer<typeof meterSchema>;
export type MenuCommand = z.infer<typeof menuCommandSchema>;
export type WatchEvent = z.infer<typeof watchEventSchema>;

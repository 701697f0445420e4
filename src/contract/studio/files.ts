// Files as the window knows them: an opaque id to ask with, a path only to show. Ids are handed out for what the user
// picked, dropped, or has in the workspace and model folders; anything else cannot be named.
import { z } from 'zod';

export const fileIdSchema = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, 'is not a file id');

export const fileReferenceSchema = z.object({
  id: fileIdSchema,
  name: z.string(),
  /** Shown, copied to the clipboard, written into recipes. Never accepted in place of an id. */
  path: z.string(),
  /** Path to write into a recipe of the open workspace: relative when inside it. */
  recipePath: z.string(),
});

/** What a picker is opened for; decides what it lists and what it accepts. */
export const pickPurposeSchema = z.enum([
  'workspace',
  'model-folder',
  'base',
  'adapter',
  'gguf',
  'imatrix',
  'recipe',
  'output-folder',
  'any',
]);

export const folderEntrySchema = fileReferenceSchema.extend({
  kind: z.enum(['folder', 'file']),
  /** What the name or content says that it is, when it can be chosen for the purpose: `Hugging Face model`. */
  what: z.string().exactOptional(),
  selectable: z.boolean(),
  bytes: z.number().exactOptional(),
  /** Milliseconds since 1970. */
  modified: z.number().exactOptional(),
});

export const folderListingSchema = z.object({
  /** Null at the top: the list of roots. */
  folder: fileReferenceSchema.nullable(),
  /** From the root down to the folder. */
  trail: z.array(fileReferenceSchema),
  entries: z.array(folderEntrySchema),
  /** More entries than are listed. */
  left: z.number(),
  selectable: z.boolean(),
});

export type FileId = z.infer<typeof fileIdSchema>;
export type FileReference = z.infer<typeof fileReferenceSchema>;
export type PickPurpose = z.infer<typeof pickPurposeSchema>;
export type FolderEntry = z.infer<typeof folderEntrySchema>;
export type FolderListing = z.infer<typeof folderListingSchema>;

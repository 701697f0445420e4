// A library item as the window lists it: with its id, where it was found, and what this machine can do with it.
import { z } from 'zod';
import { libraryItemSchema } from '../library.ts';
import { fileReferenceSchema } from './files.ts';

export const libraryEntrySchema = libraryItemSchema.extend({
  file: fileReferenceSchema,
  /** Name of the folder that it was found in: `Workspace`, `LM Studio`, `Hugging Face cache`, `Added by hand`. */
  foundIn: z.string(),
  /** `fits`: in free memory now; `tight`: only when other programs give some back; `too-large`: never on this machine. */
  fitsMemory: z.enum(['fits', 'tight', 'too-large']).exactOptional(),
});

export type LibraryEntry = z.infer<typeof libraryEntrySchema>;

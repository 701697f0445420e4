// The texts that models are asked: configs/validation_prompts.json, checked like any other file.
import { z } from 'zod';
import { StudioError } from '#src/errors/studio-error.ts';

const schema = z.object({
  version: z.literal(1),
  prompts: z.array(z.object({ id: z.string().min(1), text: z.string().min(1) })).min(2),
  roundTrip: z.array(z.string().min(1)),
  /** A few hundred tokens of plain English, for a plausible perplexity. */
  prose: z.string().min(1),
});

export type ValidationPrompts = z.infer<typeof schema>;

/** Parses the prompts file's JSON. Throws `recipe/invalid` naming the first wrong field. */
export function parseValidationPrompts(json: unknown, label: string): ValidationPrompts {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StudioError(
    'recipe/invalid',
    `${label}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong form'}.`,
    { hint: 'Restore the file from the repository.' },
  );
}

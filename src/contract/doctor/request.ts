// What a job of the doctor was asked: kept with the job, so that it can be run again.
import { z } from 'zod';
import { absolutePath, threadCount } from '../outputs.ts';
import { comparedWithSchema } from './diagnosis.ts';

export const doctorRequestParams = comparedWithSchema.extend({
  paths: z.array(absolutePath).min(1).max(10_000),
  depth: z.enum(['header', 'full']),
  /** Load the files and ask them, too. */
  behaviour: z.boolean(),
  prompts: z.array(z.string().min(1).max(20_000)).max(100).exactOptional(),
  threads: threadCount.exactOptional(),
});

export type DoctorRequest = z.infer<typeof doctorRequestParams>;

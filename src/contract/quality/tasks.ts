// A line of a task file: a question with its right answers. Files of other people are read with this.
import { z } from 'zod';

const text = z.string().min(1).max(1_000_000);
const answer = z.string().min(1).max(10_000);

export const taskMessageSchema = z.object({
  role: z.enum(['system', 'user', 'assistant']),
  content: text,
});

const asked = {
  /** Any of several is right. */
  answer: z.union([answer, z.array(answer).min(1).max(100)]),
  /** `start`: the answer only has to begin with it. */
  match: z.enum(['exact', 'start']).default('exact'),
};

export const taskLineSchema = z.union([
  z.object({ prompt: text, ...asked }),
  z.object({ messages: z.array(taskMessageSchema).min(1).max(200), ...asked }),
]);

export type TaskMessage = z.infer<typeof taskMessageSchema>;

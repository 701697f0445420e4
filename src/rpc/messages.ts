// The protocol: six messages. Params, results and events inside are checked by the method's own schemas.
import { z } from 'zod';
import { StudioError } from '#src/errors/studio-error.ts';
import { wireErrorSchema } from '#src/contract/wire-error.ts';

/** Raised when a message changes its meaning; both sides of a border must agree. */
export const protocolVersion = 1;

const callId = z.int().nonnegative();

export const clientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id: callId, method: z.string(), params: z.unknown() }),
  z.object({ type: z.literal('cancel'), id: callId }),
  /** Cancels all calls and asks the process to end. */
  z.object({ type: z.literal('stop') }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

export const serverMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), protocol: z.literal(protocolVersion) }),
  z.object({ type: z.literal('event'), id: callId, event: z.unknown() }),
  z.object({ type: z.literal('result'), id: callId, result: z.unknown() }),
  z.object({ type: z.literal('error'), id: callId, error: wireErrorSchema }),
  /** The last message: the process ends on purpose. Without it an exit is a crash. */
  z.object({ type: z.literal('done') }),
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;

/** Parses what arrived; throws `contract/invalid` naming the border and the first wrong field. */
export function parseMessage<S extends z.ZodType>(
  schema: S,
  value: unknown,
  where: string,
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'message' : issue.path.join('.');
  throw new StudioError(
    'contract/invalid',
    `${where}: ${field}: ${issue?.message ?? 'does not fit the contract'}.`,
    { hint: 'Both processes must be of the same version: build and install again.' },
  );
}

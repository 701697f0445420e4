// The wire form of an error as a schema: what arrives from another process is checked before it is believed.
import { z } from 'zod';
import { errorCatalog, type ErrorCode } from '#src/errors/catalog.ts';
import type { WireError } from '#src/errors/studio-error.ts';

const errorCodes = Object.keys(errorCatalog) as [ErrorCode, ...ErrorCode[]];

/** A code that this version does not know (a newer host) is read as `internal`; everything else must fit. */
export const wireErrorSchema: z.ZodType<WireError> = z.lazy(() =>
  z.object({
    code: z.enum(errorCodes).catch('internal'),
    message: z.string(),
    hint: z.string().exactOptional(),
    details: z.record(z.string(), z.unknown()),
    stack: z.string().exactOptional(),
    cause: wireErrorSchema.exactOptional(),
  }),
);

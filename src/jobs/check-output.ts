// The last look at a finished file before it gets its name: everything with validation, its structure and hashes without.
import { requirePassed, withoutProgress } from '#src/stages/validate/require-passed.ts';
import type { PassContext } from './pass-context.ts';

const refusedHint =
  'Look at the kept file with "gguf-studio validate"; build without --validate only if you know why it fails.';

/**
 * Gives the file's SHA-256, taken on the way. Throws `validate/failed` naming the first check that failed; the writer
 * then keeps the file as rejected.
 */
export async function checkOutput(
  partialPath: string,
  path: string,
  { ports, validate, emit }: Pick<PassContext, 'ports' | 'validate' | 'emit'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const depth = validate ? 'full' : 'structure';
  const options = { depth, fileHash: true, signal } as const;
  const report = await ports.validate(partialPath, options, withoutProgress(emit));
  requirePassed(report, path, refusedHint);
  return report.sha256;
}

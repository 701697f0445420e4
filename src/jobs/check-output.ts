// The last look at a finished file before it gets its name: everything with validation, its structure and hashes without.
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { PassContext } from './pass-context.ts';

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
  // Its progress is not that of the writing, which must only rise.
  const forward = (event: StageEvent) => {
    if (event.event !== 'progress') emit(event);
  };
  const depth = validate ? 'full' : 'structure';
  const report = await ports.validate(partialPath, { depth, fileHash: true, signal }, forward);
  const failed = report.checks.find(({ status }) => status === 'failed');
  if (report.passed && failed === undefined) return report.sha256;
  throw new StudioError(
    'validate/failed',
    `${path}: ${failed?.check ?? 'check'}: ${failed?.summary ?? 'failed'}`,
    {
      hint: 'Look at the kept file with "gguf-studio validate"; build without --validate only if you know why it fails.',
      details: { checks: report.checks },
    },
  );
}

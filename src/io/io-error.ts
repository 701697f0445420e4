// Translates Node's file-system errors into ours, keeping the path and the next step.
import { StudioError } from '#src/errors/studio-error.ts';

export function toIoError(error: unknown, path: string): StudioError {
  if (error instanceof StudioError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const options = { cause: error, details: { path, systemCode: code ?? null } };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new StudioError('io/not-found', `${path} does not exist.`, {
        ...options,
        hint: 'Check the path; relative paths start at the current folder.',
      });
    case 'ELOOP':
      return new StudioError('io/not-found', `${path} is a link that leads back to itself.`, {
        ...options,
        hint: 'Give the file that the link should lead to.',
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new StudioError('io/disk-full', `No space left while writing ${path}.`, {
        ...options,
        hint: 'Free some space or choose another disk, then try again.',
      });
    case 'EROFS':
      return new StudioError('io/failed', `${path} cannot be written: the disk is read-only.`, {
        ...options,
        hint: 'Choose a folder on a disk that can be written.',
      });
    case 'EACCES':
    case 'EPERM':
      return new StudioError('io/failed', `No permission to open ${path} (${code}).`, {
        ...options,
        hint: 'Change the permissions there, or choose a place that you may read and write.',
      });
    case 'EISDIR':
      return new StudioError('io/not-found', `${path} is a folder, a file was expected.`, {
        ...options,
        hint: 'Give the path of a file.',
      });
    default:
      return new StudioError(
        'io/failed',
        `${path}: ${(error as Error | undefined)?.message ?? 'unknown error'}.`,
        options,
      );
  }
}

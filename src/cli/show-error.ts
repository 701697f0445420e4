// What a user sees when something went wrong: what it is, what happened with which value, and the next step.
import { errorCatalog } from '#src/errors/catalog.ts';
import type { StudioError } from '#src/errors/studio-error.ts';
import { printable } from './printable.ts';
import type { Style } from './terminal.ts';

/** Lines for standard error. Stack traces only for our own bugs, or when asked. */
export function renderError(error: StudioError, style: Style, verbose: boolean): string {
  if (error.kind === 'cancelled') {
    return `${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}\n`;
  }
  const { title } = errorCatalog[error.code];
  const lines = [`${style.red('Error:')} ${style.bold(title)} ${style.dim(`(${error.code})`)}`];
  lines.push(`  ${printable(error.message)}`);
  if (error.hint !== undefined) lines.push(`  ${style.bold('Next:')} ${printable(error.hint)}`);
  const lastLines: unknown = error.details['lastLines'];
  if (Array.isArray(lastLines) && lastLines.length > 0) {
    lines.push(
      '  Last log lines:',
      ...lastLines.slice(-12).map((line) => `    ${printable(String(line))}`),
    );
  }
  if ((verbose || error.kind === 'bug') && error.stack !== undefined) {
    lines.push(style.dim(error.stack));
  }
  return `${lines.join('\n')}\n`;
}

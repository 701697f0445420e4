// Models of a command line as subjects: named by what tells their files apart, each with the same adapters.
import { basename } from 'node:path';
import type { SubjectRequest } from '#src/contract/quality/subjects.ts';
import type { generatingModelOptions } from '#src/stages/shared-options.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { shortNames } from './commands/eval.ts';
import { usageError } from './usage-error.ts';

/** Throws `usage/invalid` when there is no model. */
export function modelSubjects(
  command: string,
  options: OptionValues<typeof generatingModelOptions>,
  positionals: readonly string[],
): SubjectRequest[] {
  const paths = [...options.model, ...positionals];
  if (paths.length === 0) throw usageError(`${command} needs a model.`, 'Add -m MODEL.gguf.');
  const adapters = [
    ...options.lora.map((path) => ({ path, scale: 1 })),
    ...options['lora-scaled'].map(({ path, scale }) => ({ path, scale })),
  ];
  const added = adapters.map(({ path }) => ` + ${basename(path).replace(/\.gguf$/i, '')}`).join('');
  return shortNames(paths.map((path) => basename(path))).map((name, index) => ({
    id: `${index + 1}-${name.replace(/[^A-Za-z0-9._+-]+/g, '-')}`.slice(0, 100),
    label: `${name}${added}`.slice(0, 300),
    form: adapters.length > 0 ? 'run-time' : 'stock',
    path: paths[index] ?? '',
    adapters,
  }));
}

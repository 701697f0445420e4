// All commands, in the order of help: the pipeline first.
import type { Command } from './command.ts';
import { envCommand } from './commands/env.ts';
import { inspectCommand } from './commands/inspect.ts';
import { sizesCommand } from './commands/sizes.ts';
import { validateCommand } from './commands/validate.ts';

export const commands: readonly Command[] = [
  inspectCommand,
  sizesCommand,
  validateCommand,
  envCommand,
];

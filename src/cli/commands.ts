// All commands, in the order of help: the pipeline first.
import type { Command } from './command.ts';
import { allocateCommand } from './commands/allocate.ts';
import { benchSpeedCommand } from './commands/bench-speed.ts';
import { buildCommand } from './commands/build.ts';
import { chatCommand } from './commands/chat.ts';
import { cleanCommand } from './commands/clean.ts';
import { compareCommand } from './commands/compare.ts';
import { convertCommand, convertLoraCommand } from './commands/convert.ts';
import { doctorCommand } from './commands/doctor.ts';
import { envCommand } from './commands/env.ts';
import { imatrixCommand } from './commands/imatrix.ts';
import { evalCommand } from './commands/eval.ts';
import { inspectCommand } from './commands/inspect.ts';
import { jobsCommand } from './commands/jobs.ts';
import { libraryCommand } from './commands/library.ts';
import { matrixCommand } from './commands/matrix.ts';
import { mergeCommand } from './commands/merge.ts';
import { packageCommand } from './commands/package.ts';
import { quantizeCommand } from './commands/quantize.ts';
import { repairCommand } from './commands/repair.ts';
import { reportCommand } from './commands/report.ts';
import { routeCommand } from './commands/route.ts';
import { serveCommand } from './commands/serve.ts';
import { sizesCommand } from './commands/sizes.ts';
import { tasksCommand } from './commands/tasks.ts';
import { unpackCommand } from './commands/unpack.ts';
import { validateCommand } from './commands/validate.ts';
import { verifyCommand } from './commands/verify.ts';

export const commands: readonly Command[] = [
  libraryCommand,
  inspectCommand,
  sizesCommand,
  convertCommand,
  convertLoraCommand,
  mergeCommand,
  imatrixCommand,
  quantizeCommand,
  allocateCommand,
  buildCommand,
  packageCommand,
  unpackCommand,
  verifyCommand,
  jobsCommand,
  validateCommand,
  doctorCommand,
  evalCommand,
  matrixCommand,
  benchSpeedCommand,
  tasksCommand,
  compareCommand,
  reportCommand,
  chatCommand,
  routeCommand,
  serveCommand,
  repairCommand,
  cleanCommand,
  envCommand,
];

// The pipeline as a table of contents: every stage, in the order of the flow. Data only; the command line's help, the
// window's palette and inspector, and the docs are rendered from it.
import { allocateDescriptor } from './allocate/descriptor.ts';
import { benchSpeedDescriptor } from './bench-speed/descriptor.ts';
import { convertDescriptor, convertLoraDescriptor } from './convert/descriptor.ts';
import { doctorDescriptor } from './doctor/descriptor.ts';
import { imatrixDescriptor } from './imatrix/descriptor.ts';
import { evaluateDescriptor } from './evaluate/descriptor.ts';
import { inspectDescriptor } from './inspect/descriptor.ts';
import { libraryDescriptor } from './library/descriptor.ts';
import { matrixDescriptor } from './matrix/descriptor.ts';
import { mergeDescriptor } from './merge/descriptor.ts';
import { quantizeDescriptor } from './quantize/descriptor.ts';
import { packageDescriptor, unpackDescriptor, verifyDescriptor } from './package/descriptor.ts';
import { repairDescriptor } from './repair/descriptor.ts';
import { compareDescriptor, reportDescriptor } from './report/descriptor.ts';
import { sizesDescriptor } from './sizes/descriptor.ts';
import type { CommandDescriptor } from './stage-descriptor.ts';
import { tasksDescriptor } from './tasks/descriptor.ts';
import { validateDescriptor } from './validate/descriptor.ts';

export const stageDescriptors: readonly CommandDescriptor[] = [
  libraryDescriptor,
  inspectDescriptor,
  sizesDescriptor,
  convertDescriptor,
  convertLoraDescriptor,
  mergeDescriptor,
  imatrixDescriptor,
  quantizeDescriptor,
  allocateDescriptor,
  packageDescriptor,
  unpackDescriptor,
  verifyDescriptor,
  repairDescriptor,
  validateDescriptor,
  doctorDescriptor,
  evaluateDescriptor,
  matrixDescriptor,
  benchSpeedDescriptor,
  tasksDescriptor,
  compareDescriptor,
  reportDescriptor,
];

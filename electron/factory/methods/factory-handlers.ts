// The list of the factory host's methods.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { allocate } from './allocate.ts';
import { benchSpeed } from './bench-speed.ts';
import { build } from './build.ts';
import { checkAdapters } from './check-adapters.ts';
import { collectImatrix, describeImatrix } from './collect-imatrix.ts';
import { convert, convertLora } from './convert.ts';
import { describeAdapterBase } from './describe-adapter-base.ts';
import { describeMachine } from './describe-machine.ts';
import { describeModel } from './describe-model.ts';
import { diagnose } from './diagnose.ts';
import { evaluate } from './evaluate.ts';
import { inspect } from './inspect.ts';
import { measureMatrix } from './measure-matrix.ts';
import { merge } from './merge.ts';
import { planBuild } from './plan-build.ts';
import { probeBehaviour } from './probe-behaviour.ts';
import { quantize } from './quantize.ts';
import { readDrift, readPosition } from './read-drift.ts';
import { renderChatTemplate } from './render-chat-template.ts';
import { planRepair, repair } from './repair.ts';
import { runTasks } from './run-tasks.ts';
import { scanModels } from './scan-models.ts';
import { sizes } from './sizes.ts';
import { validate } from './validate.ts';

export const factoryHandlers: Handlers<FactoryContract> = {
  describeMachine,
  inspect,
  scanModels,
  describeModel,
  checkAdapters,
  renderChatTemplate,
  sizes,
  convert,
  convertLora,
  describeAdapterBase,
  merge,
  quantize,
  build,
  planBuild,
  validate,
  diagnose,
  probeBehaviour,
  planRepair,
  repair,
  evaluate,
  readDrift,
  readPosition,
  measureMatrix,
  benchSpeed,
  runTasks,
  collectImatrix,
  describeImatrix,
  allocate,
};

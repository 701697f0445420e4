// The list of the factory host's methods.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { build } from './build.ts';
import { convert, convertLora } from './convert.ts';
import { describeMachine } from './describe-machine.ts';
import { inspect } from './inspect.ts';
import { merge } from './merge.ts';
import { quantize } from './quantize.ts';
import { sizes } from './sizes.ts';
import { validate } from './validate.ts';

export const factoryHandlers: Handlers<FactoryContract> = {
  describeMachine,
  inspect,
  sizes,
  convert,
  convertLora,
  merge,
  quantize,
  build,
  validate,
};

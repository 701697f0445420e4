// `allocate`: hybrid quantization under a budget.
import { resolve } from 'node:path';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { allocateModel } from '../allocate/allocate-model.ts';

export const allocate: Handlers<FactoryContract>['allocate'] = (params, { signal, emit }) =>
  allocateModel({ ...params, output: resolve(params.output) }, { signal, emit });

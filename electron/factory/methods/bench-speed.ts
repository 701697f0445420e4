// `benchSpeed`: load time, tokens per second, time to the first token and peak memory of files.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { benchSpeed as bench } from '../speed/bench-speed.ts';

export const benchSpeed: Handlers<FactoryContract>['benchSpeed'] = async (params, context) => ({
  speed: await bench(params, context),
});

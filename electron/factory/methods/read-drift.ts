// `readDrift` and `readPosition`: how far a subject is from the reference, token by token.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { distributionAt, driftOfChunk } from '../evaluate/read-run-files.ts';

export const readDrift: Handlers<FactoryContract>['readDrift'] = (params) => driftOfChunk(params);

export const readPosition: Handlers<FactoryContract>['readPosition'] = (params, { signal, emit }) =>
  distributionAt(params, { signal, emit, threads: params.threads });

// `diagnose`: one file, statically; nothing is loaded by llama.cpp.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { diagnoseFile } from '../doctor/diagnose-file.ts';

export const diagnose: Handlers<FactoryContract>['diagnose'] = async (params, context) => {
  const { path, ...options } = params;
  const run = diagnoseFile(path, { ...options, signal: context.signal });
  for (;;) {
    const next = await run.next();
    if (next.done === true) return next.value;
    context.emit(next.value);
  }
};

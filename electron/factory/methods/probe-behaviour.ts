// `probeBehaviour`: what a model does when it is loaded and asked.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { probeFile } from '../doctor/probe-file.ts';
import { forwardNativeLog, nativeLibrary } from '../native-library.ts';

export const probeBehaviour: Handlers<FactoryContract>['probeBehaviour'] = async (
  params,
  { signal, emit },
) => {
  const stopLog = forwardNativeLog(nativeLibrary(), emit);
  try {
    return await runToEnd(probeFile(params, signal), emit);
  } finally {
    stopLog();
  }
};

// `validate`: one file, with a report.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { forwardNativeLog, nativeLibrary } from '../native-library.ts';
import { validateFile } from '../validate/validate-file.ts';

export const validate: Handlers<FactoryContract>['validate'] = async (params, context) => {
  const { path, depth, threads } = params;
  const stopLog = forwardNativeLog(nativeLibrary(), context.emit);
  try {
    const options = {
      depth,
      signal: context.signal,
      ...(threads === undefined ? {} : { threads }),
    };
    return await runToEnd(validateFile(path, options), context.emit);
  } finally {
    stopLog();
  }
};

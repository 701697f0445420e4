// What builds need from this process: llama.cpp's plans, the one-pass writer, validation, measuring.
import { runToEnd } from '#src/contract/run-to-end.ts';
import { imatrixParams } from '#src/contract/quality/imatrix.ts';
import type { FactoryPorts } from '#src/jobs/ports.ts';
import { planQuantizations } from '#src/stages/quantize/plan-quantization.ts';
import { measureGroup, measureRun } from './evaluate/measure-groups.ts';
import { collectImatrix } from './methods/collect-imatrix.ts';
import { nativeLibrary } from './native-library.ts';
import { dryRunnerIn } from './quantize/dry-runner.ts';
import { writeOutputs } from './quantize/write-outputs.ts';
import { rememberWriting } from './quantize/writing-time.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { validateFile } from './validate/validate-file.ts';

/** Throws `native/unavailable` or `native/unknown-release` where llama.cpp cannot be used. */
export function factoryPorts(): FactoryPorts {
  return {
    library: `llama.cpp v${nativeLibrary().location.release}`,
    async plan(model, requests) {
      const openDryRun = dryRunnerIn(await temporaryFolder(), nativeLibrary());
      return planQuantizations(model, requests, openDryRun);
    },
    write: (requests, settings) => writeOutputs(requests, settings),
    rememberWriting,
    validate: (path, options, emit) => runToEnd(validateFile(path, options), emit),
    measure: measureGroup,
    measureRun,
    collectMatrix: async (params, context) => collectImatrix(imatrixParams.parse(params), context),
  };
}

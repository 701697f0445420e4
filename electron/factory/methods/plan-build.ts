// `planBuild`: what a build would do, from the build's own plan of every level.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { planBuild as plan } from '#src/jobs/plan-build.ts';
import type { PlanningPorts } from '#src/jobs/ports.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { planEachQuantization } from '#src/stages/quantize/plan-quantization.ts';
import { nativeLibrary } from '../native-library.ts';
import { dryRunnerIn } from '../quantize/dry-runner.ts';
import { writingMemory } from '../quantize/writing-memory.ts';
import { writingSeconds } from '../quantize/writing-time.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export const planBuild: Handlers<FactoryContract>['planBuild'] = async (
  { recipe, label, folder },
  { signal, emit },
) => plan(recipe, label, { ports: planningPorts(), folder, emit, signal });

/** Throws `native/unavailable` or `native/unknown-release` where llama.cpp cannot be used. */
export function planningPorts(): PlanningPorts {
  return {
    library: `llama.cpp v${nativeLibrary().location.release}`,
    async planEach(model, requests) {
      const openDryRun = dryRunnerIn(await temporaryFolder(), nativeLibrary());
      return planEachQuantization(model, requests, openDryRun);
    },
    writingMemory: (plans) => writingMemory(plans),
    writingSeconds,
  };
}

// What repairs need from this process: the diagnosis, rows computed by the build's workers, the build's own ports.
import type { Diagnosis } from '#src/contract/doctor/diagnosis.ts';
import type { RepairPorts } from '#src/jobs/repair/ports.ts';
import { factoryPorts } from '../factory-ports.ts';
import { diagnoseFile } from './diagnose-file.ts';
import { openRowDeriver } from './open-row-deriver.ts';

/** Throws `native/unavailable` or `native/unknown-release` where llama.cpp cannot be used. */
export function repairPorts(): RepairPorts {
  return {
    factory: factoryPorts(),
    openDeriver: openRowDeriver,
    async diagnose(path, comparedWith, { signal, emit }): Promise<Diagnosis> {
      const run = diagnoseFile(path, { ...comparedWith, depth: 'full', signal });
      for (;;) {
        const next = await run.next();
        if (next.done === true) return next.value;
        emit(next.value);
      }
    },
  };
}

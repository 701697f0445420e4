// `planRepair` and `repair`: what would be done to a damaged file, and doing it.
import { stat } from 'node:fs/promises';
import type { Diagnosis, DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import type { RepairParams } from '#src/contract/doctor/repair.ts';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { planRepair as plan, repairFile } from '#src/jobs/repair/repair-file.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { repairPorts } from '../doctor/repair-ports.ts';
import { forwardNativeLog, nativeLibrary } from '../native-library.ts';

/** The last diagnosis: a plan is mostly taken right away, and reading gigabytes twice would say the same. */
let last: { readonly key: string; readonly diagnosis: Diagnosis } | undefined;

export const planRepair: Handlers<FactoryContract>['planRepair'] = async (
  params,
  { signal, emit },
) => {
  const stopLog = forwardNativeLog(nativeLibrary(), emit);
  try {
    const context = { ports: repairPorts(), emit: stageEventsOnly(emit), signal };
    const planned = await plan(params, context);
    const key = await keyOf(params);
    last = key === undefined ? undefined : { key, diagnosis: planned.diagnosis };
    return planned;
  } finally {
    stopLog();
  }
};

export const repair: Handlers<FactoryContract>['repair'] = async (params, { signal, emit }) => {
  const stopLog = forwardNativeLog(nativeLibrary(), emit);
  try {
    const key = await keyOf(params);
    const diagnosis = key !== undefined && last?.key === key ? last.diagnosis : undefined;
    const context = { ports: repairPorts(), emit: stageEventsOnly(emit), signal, diagnosis };
    return await repairFile(params, context);
  } finally {
    stopLog();
  }
};

/** Everything that a diagnosis depends on, with the times of the file; undefined when it cannot be told. */
async function keyOf({ path, source, sibling }: RepairParams): Promise<string | undefined> {
  const stamps = await Promise.all(
    [path, source, sibling].map(async (each) => {
      if (each === undefined) return 'none';
      const { size, mtimeNs, ctimeNs } = await stat(each, { bigint: true });
      return `${each} ${size} ${mtimeNs} ${ctimeNs}`;
    }),
  ).catch(() => undefined);
  return stamps?.join('\n');
}

/** The checklist of a diagnosis is `diagnose`'s to tell. */
function stageEventsOnly(emit: (event: StageEvent) => void): (event: DiagnosisEvent) => void {
  return (event) => {
    if (event.event !== 'check' && event.event !== 'finding') emit(event);
  };
}

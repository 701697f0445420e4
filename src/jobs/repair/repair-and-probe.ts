// A repair and what follows it: the validation prompts, asked in a host of their own run, because a file may end the process
// that loads it. The report is written once more with what came of that.
import type { Behaviour } from '#src/contract/doctor/diagnosis.ts';
import type { ApplyRepairParams, RepairReport } from '#src/contract/doctor/repair.ts';
import { findingOf } from '#src/doctor/findings.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { CallFactory } from '../call-factory.ts';
import { rewriteReport } from './repair-output.ts';

export interface ProbeRequest {
  /** Load the file and ask it. */
  readonly behaviour: boolean;
  /** The user's own prompts; the built-in ones without them. */
  readonly prompts?: readonly string[] | undefined;
}

/** Throws what repairing throws; a file that ends the host is a finding. */
export async function repairAndProbe(
  params: ApplyRepairParams,
  { behaviour: isAsked, prompts }: ProbeRequest,
  call: CallFactory,
  options: Parameters<CallFactory>[2],
): Promise<RepairReport> {
  const report = await call('repair', params, options);
  const kind = report.after.kind === 'model' || report.after.kind === 'other-gguf';
  if (!isAsked || !kind) return report;
  const { source, threads } = params;
  const asked = {
    path: report.output,
    ...(source === undefined ? {} : { source }),
    ...(prompts === undefined ? {} : { prompts: [...prompts] }),
    ...(threads === undefined ? {} : { threads }),
  };
  const behaviour = await call('probeBehaviour', asked, options).catch(crashOf);
  const told: RepairReport = { ...report, behaviour, advice: adviceWith(report.advice, behaviour) };
  await rewriteReport(told);
  return told;
}

/** True when nothing but information is left to tell. */
export function isHealthy({ after, behaviour, parts }: RepairReport): boolean {
  const findings = [...after.findings, ...(behaviour?.findings ?? [])];
  return (
    findings.every(({ severity }) => severity === 'info') &&
    parts.every(({ trust }) => trust !== 'lost')
  );
}

function adviceWith(advice: string, { findings }: Behaviour): string {
  const open = findings.filter(({ severity }) => severity !== 'info');
  const [first] = open;
  return first === undefined ? advice : `${first.message} ${advice}`;
}

/** Throws what is not about the file. */
function crashOf(error: unknown): Behaviour {
  if (!(error instanceof StudioError) || error.code !== 'native/crashed') throw error;
  const message = `llama.cpp ended its process while it loaded the file or answered: ${error.message}`;
  const finding = findingOf('b1', { code: 'behaviour/crash', message });
  const check = { area: 'behaviour', state: 'found', summary: message, seconds: 0 } as const;
  return { check, findings: [finding], answers: [] };
}

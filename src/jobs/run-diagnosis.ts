// A diagnosis as every front asks it: first what can be said without loading the file, then, where the structure is sound,
// its behaviour. llama.cpp may end its process over a damaged file: that is a finding, and the others are still checked.
import { basename, dirname, join } from 'node:path';
import type { ParamsOf, ResultOf } from '#src/contract/contract.ts';
import type {
  Behaviour,
  BehaviourParams,
  CheckState,
  ComparedWith,
  Diagnosis,
  DiagnosisEvent,
} from '#src/contract/doctor/diagnosis.ts';
import type { Finding } from '#src/contract/doctor/finding.ts';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { findingOf } from '#src/doctor/findings.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** Calls the two methods of the factory host that look at a file. */
export type CallDoctor = <Method extends 'diagnose' | 'probeBehaviour'>(
  method: Method,
  params: ParamsOf<FactoryContract, Method>,
  options: { readonly signal: AbortSignal; readonly onEvent: (event: DiagnosisEvent) => void },
) => Promise<ResultOf<FactoryContract, Method>>;

export interface DiagnosisRequest extends ComparedWith {
  /** Absolute. */
  readonly path: string;
  readonly depth: 'header' | 'full';
  /** Load the file and ask it, too. */
  readonly behaviour: boolean;
  /** The user's own validation prompts. */
  readonly prompts?: readonly string[];
  readonly threads?: number;
}

export interface DiagnosedFile {
  readonly diagnosis: Diagnosis;
  /** Absent where it was not asked for. */
  readonly behaviour?: Behaviour;
}

export interface DiagnosisOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: DiagnosisEvent) => void;
}

/** Diagnoses one file. Throws `io/*`, what opening source or sibling throws, and `cancelled`. */
export async function runDiagnosis(
  { path, depth, behaviour: isAsked, source, sibling, prompts, threads }: DiagnosisRequest,
  call: CallDoctor,
  options: DiagnosisOptions,
): Promise<DiagnosedFile> {
  const compared = {
    ...(source === undefined ? {} : { source }),
    ...(sibling === undefined ? {} : { sibling }),
  };
  const diagnosis = await call('diagnose', { path, depth, ...compared }, options);
  if (!isAsked) return { diagnosis };
  const tell = (check: CheckState) => options.onEvent({ event: 'check', check });
  const reason = whyNotLoaded(diagnosis);
  if (reason !== undefined) {
    const check: CheckState = { area: 'behaviour', state: 'skipped', summary: reason, seconds: 0 };
    tell(check);
    return { diagnosis, behaviour: { check, findings: [], answers: [] } };
  }
  tell({ area: 'behaviour', state: 'running', summary: '', seconds: 0 });
  const asked: BehaviourParams = {
    path: loadedPath(diagnosis),
    ...(source === undefined ? {} : { source }),
    ...(prompts === undefined ? {} : { prompts: [...prompts] }),
    ...(threads === undefined ? {} : { threads }),
  };
  const behaviour = await probeFile(asked, call, options);
  for (const finding of behaviour.findings) options.onEvent({ event: 'finding', finding });
  tell(behaviour.check);
  return { diagnosis, behaviour };
}

/** Loads a file and asks it; a process that ends over it is the finding `behaviour/crash`. */
export async function probeFile(
  params: BehaviourParams,
  call: CallDoctor,
  options: DiagnosisOptions,
): Promise<Behaviour> {
  return call('probeBehaviour', params, options).catch((error: unknown) => crashOf(error));
}

/** Everything that was found, and the worst of it. */
export function joinFindings({ diagnosis, behaviour }: DiagnosedFile): {
  readonly findings: readonly Finding[];
  readonly verdict: Diagnosis['verdict'];
} {
  const findings = [...diagnosis.findings, ...(behaviour?.findings ?? [])];
  const has = (severity: Finding['severity']) => findings.some((finding) => finding.severity === severity); // prettier-ignore
  const verdict = has('error') ? 'error' : has('warning') ? 'warning' : has('info') ? 'info' : 'healthy'; // prettier-ignore
  return { findings, verdict };
}

function whyNotLoaded({ kind, findings, map }: Diagnosis): string | undefined {
  if (kind === 'not-gguf') return 'It is not a GGUF file.';
  if (kind === 'adapter') return 'A LoRA adapter loads only with its base: chat --lora.';
  if (kind !== 'model') return 'Files of this kind are not loaded by themselves.';
  if (!map.some((segment) => segment.kind === 'tensor')) return 'It has no tensors to load.';
  if (findings.some(({ code }) => code === 'file/big-endian')) return 'llama.cpp cannot load big-endian files on this machine.'; // prettier-ignore
  // llama.cpp refuses these with fewer words, or ends its process.
  const unsound = findings.some(
    ({ area, severity }) => area === 'structure' && severity === 'error',
  );
  return unsound ? 'The structure is not sound: llama.cpp does not load such a file.' : undefined;
}

/** llama.cpp is given the first part of a split. */
function loadedPath({ path, parts }: Diagnosis): string {
  const first = [...parts, basename(path)].find((name) => /-00001-of-\d{5}\.gguf$/i.test(name));
  return parts.length === 0 || first === undefined ? path : join(dirname(path), first);
}

/** Throws what is not about the file. */
function crashOf(error: unknown): Behaviour {
  if (!(error instanceof StudioError) || error.code !== 'native/crashed') throw error;
  const { reason, lastLines } = error.details;
  if (!/SIG(ABRT|SEGV|BUS|FPE|ILL|TRAP)/.test(String(reason))) throw error;
  const lines = Array.isArray(lastLines) ? lastLines.map(String) : [];
  const message = `llama.cpp ended its process over this file (${String(reason)}): ${lines.at(-1)?.trim() ?? 'it gave no reason'}`;
  const finding = findingOf('b1', {
    code: 'behaviour/crash',
    message,
    evidence: { reason: String(reason), lines: lines.slice(-20) },
  });
  const check = { area: 'behaviour', state: 'found', summary: message, seconds: 0 } as const;
  return { check, findings: [finding], answers: [] };
}

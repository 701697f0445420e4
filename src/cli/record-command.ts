// Commands that work for a while, as jobs of the shared list: the window and `gguf-studio jobs` show them, cancel them, and
// can run them again.
import type { AllocateResult } from '#src/contract/quality/allocate.ts';
import type { PackageResult, Verification } from '#src/contract/packaging.ts';
import type { ImatrixResult } from '#src/contract/quality/imatrix.ts';
import type { EvaluateResult } from '#src/contract/quality/evaluate.ts';
import type { Speed, TaskResult } from '#src/contract/quality/measurements.ts';
import type { RepairReport } from '#src/contract/doctor/repair.ts';
import type { Written } from '#src/contract/outputs.ts';
import type { ValidationReport } from '#src/contract/validation.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { jobRequestSchema, type AskedRequest } from '#src/io/job-store-files.ts';
import type { DiagnosedFiles, DiagnosedOne } from '#src/jobs/diagnose-files.ts';
import { recordOrRun } from '#src/jobs/record-or-run.ts';
import { titleOfRequest, workOfRequest, type RequestListener } from '#src/jobs/run-request.ts';
import type { ValidatedFiles } from '#src/jobs/validate-files.ts';
import type { CommandContext } from './command.ts';

type WritingRequest = Extract<
  AskedRequest,
  { kind: 'convert' | 'convert-lora' | 'merge' | 'quantize' }
>;

/** Runs a request that writes model files. Throws what the factory throws. */
export async function recordWriting(
  context: CommandContext,
  request: WritingRequest,
): Promise<Written> {
  let written: Written | undefined;
  await record(context, request, { onWritten: (answer) => (written = answer) });
  invariant(written !== undefined, 'work that ended well has written');
  return written;
}

/** Collects an importance matrix. Throws what the factory throws. */
export async function recordImatrix(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'imatrix' }>['params'],
): Promise<ImatrixResult> {
  let result: ImatrixResult | undefined;
  await record(context, { kind: 'imatrix', params }, { onImatrix: (answer) => (result = answer) });
  invariant(result !== undefined, 'work that ended well has a result');
  return result;
}

/** Allocates. Throws what the factory throws. */
export async function recordAllocation(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'allocate' }>['params'],
): Promise<AllocateResult> {
  let result: AllocateResult | undefined;
  const onAllocated = (answer: AllocateResult) => (result = answer);
  await record(context, { kind: 'allocate', params }, { onAllocated });
  invariant(result !== undefined, 'work that ended well has a result');
  return result;
}

/** Measures. Throws what the factory throws. */
export async function recordEvaluation(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'evaluate' }>['params'],
): Promise<EvaluateResult> {
  let result: EvaluateResult | undefined;
  const onEvaluated = (answer: EvaluateResult) => (result = answer);
  await record(context, { kind: 'evaluate', params }, { onEvaluated });
  invariant(result !== undefined, 'work that ended well has a result');
  return result;
}

/** Times files. Throws what the factory throws. */
export async function recordSpeed(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'bench-speed' }>['params'],
): Promise<{ speed: readonly Speed[] }> {
  let speed: readonly Speed[] | undefined;
  await record(context, { kind: 'bench-speed', params }, { onSpeed: (answer) => (speed = answer) });
  invariant(speed !== undefined, 'work that ended well has a result');
  return { speed };
}

/** Asks tasks. Throws what the factory throws. */
export async function recordTasks(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'tasks' }>['params'],
): Promise<{ tasks: readonly TaskResult[] }> {
  let tasks: readonly TaskResult[] | undefined;
  await record(context, { kind: 'tasks', params }, { onTasks: (answer) => (tasks = answer) });
  invariant(tasks !== undefined, 'work that ended well has a result');
  return { tasks };
}

/** Measures adapters × levels. Throws what the factory throws. */
export async function recordMatrix(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'matrix' }>['params'],
): Promise<EvaluateResult> {
  let result: EvaluateResult | undefined;
  const onEvaluated = (answer: EvaluateResult) => (result = answer);
  await record(context, { kind: 'matrix', params }, { onEvaluated });
  invariant(result !== undefined, 'work that ended well has a result');
  return result;
}

/** Packages. Throws what packaging throws. */
export async function recordPackaging(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'package' }>['params'],
): Promise<PackageResult> {
  let result: PackageResult | undefined;
  const onPackaged = (answer: PackageResult) => (result = answer);
  await record(context, { kind: 'package', params }, { onPackaged });
  invariant(result !== undefined, 'work that ended well has a result');
  return result;
}

/** Repairs, and asks the repaired file. Throws what repairing throws. */
export async function recordRepair(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'repair' }>['params'],
): Promise<RepairReport> {
  let report: RepairReport | undefined;
  await record(context, { kind: 'repair', params }, { onRepaired: (answer) => (report = answer) });
  invariant(report !== undefined, 'a repair that ended has a report');
  return report;
}

/** Verifies; a package that is not whole is an answer here, with the error that its job failed with. */
export async function recordVerification(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'verify' }>['params'],
): Promise<{ verification: Verification; failure?: StudioError }> {
  const answers: Verification[] = [];
  const failure = await record(
    context,
    { kind: 'verify', params },
    { onVerified: (answer) => answers.push(answer) },
  ).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof StudioError && error.code === 'package/damaged') return error;
      throw error;
    },
  );
  const [verification] = answers;
  invariant(verification !== undefined, 'a verification that ended has checks');
  return { verification, ...(failure === undefined ? {} : { failure }) };
}

/** Validates files; what is not valid is in the answer's `failure`, and the job has failed with it. */
export async function recordValidation(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'validate' }>['params'],
  onReport: (report: ValidationReport) => void,
): Promise<ValidatedFiles> {
  const answers: ValidatedFiles[] = [];
  await record(
    context,
    { kind: 'validate', params },
    { onReport, onValidated: (answer) => answers.push(answer) },
  ).catch((error: unknown) => {
    if (answers[0]?.failure !== error) throw error;
  });
  const [validated] = answers;
  invariant(validated !== undefined, 'a validation that ended has reports');
  return validated;
}

/** Diagnoses files; what was found is in the answer's `failure`, and the job has failed with it. */
export async function recordDiagnosis(
  context: CommandContext,
  params: Extract<AskedRequest, { kind: 'doctor' }>['params'],
  onFile: (file: DiagnosedOne) => void,
): Promise<DiagnosedFiles> {
  const answers: DiagnosedFiles[] = [];
  const onEnd = (answer: DiagnosedFiles) => answers.push(answer);
  await record(context, { kind: 'doctor', params }, { doctor: { onFile, onEnd } }).catch(
    (error: unknown) => {
      if (answers[0]?.failure !== error) throw error;
    },
  );
  const [diagnosed] = answers;
  invariant(diagnosed !== undefined, 'a diagnosis that ended has files');
  return diagnosed;
}

async function record(
  context: CommandContext,
  asked: AskedRequest,
  listener: RequestListener,
): Promise<void> {
  const request = jobRequestSchema.parse(asked);
  const job = {
    kind: request.kind,
    title: titleOfRequest(request),
    origin: 'command line',
    folder: context.resolvePath('.'),
    command: context.commandLine,
    request,
  } as const;
  await recordOrRun(job, workOfRequest(request, context.factory, listener), {
    signal: context.signal,
    onNotice: (event) => context.show(event),
  });
}

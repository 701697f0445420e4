// What a job was asked, done by the factory: the command line does it the first time, and whoever runs the job again.
import { basename } from 'node:path';
import type { BuildParams } from '#src/contract/build.ts';
import type { ParamsOf } from '#src/contract/contract.ts';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { JobResult } from '#src/contract/jobs.ts';
import type { PackageResult, Verification } from '#src/contract/packaging.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { AllocateResult } from '#src/contract/quality/allocate.ts';
import type { ImatrixResult } from '#src/contract/quality/imatrix.ts';
import type { EvaluateResult } from '#src/contract/quality/evaluate.ts';
import type { Speed, TaskResult } from '#src/contract/quality/measurements.ts';
import type { RepairReport } from '#src/contract/doctor/repair.ts';
import type { Written } from '#src/contract/outputs.ts';
import type { DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import type { ValidationReport } from '#src/contract/validation.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { JobRequest } from '#src/io/job-store-files.ts';
import { budgetText } from '#src/allocation/budget-text.ts';
import { makePackage } from '#src/packaging/make-package.ts';
import {
  requireVerified,
  verifyPackage,
  worstFirst,
} from '#src/packaging/verify/verify-package.ts';
import { addSpeed } from './add-speed.ts';
import type { CallFactory } from './call-factory.ts';
import { findFinishedRun } from './finished-run.ts';
import type { JobWork } from './record-job.ts';
import { repairAndProbe } from './repair/repair-and-probe.ts';
import {
  diagnoseFiles,
  type DiagnosedFiles,
  type DiagnosedOne,
  type DoctorListener,
} from './diagnose-files.ts';
import { joinFindings } from './run-diagnosis.ts';
import { summaryOf } from '#src/doctor/diagnose.ts';
import { validateFiles, type ValidatedFiles } from './validate-files.ts';

/** For those that need more of the answer than a job keeps. */
export interface RequestListener {
  readonly onWritten?: (written: Written) => void;
  readonly onImatrix?: (result: ImatrixResult) => void;
  readonly onAllocated?: (result: AllocateResult) => void;
  readonly onEvaluated?: (result: EvaluateResult) => void;
  readonly onTasks?: (tasks: readonly TaskResult[]) => void;
  readonly onSpeed?: (speed: readonly Speed[]) => void;
  readonly onPackaged?: (result: PackageResult) => void;
  /** Called before a package that is not whole ends the work. */
  readonly onRepaired?: (report: RepairReport) => void;
  readonly onVerified?: (verification: Verification) => void;
  readonly doctor?: DoctorListener & { readonly onEnd?: (diagnosed: DiagnosedFiles) => void };
  readonly onReport?: (report: ValidationReport) => void;
  /** Called before a file that is not valid ends the work with `failure`. */
  readonly onValidated?: (validated: ValidatedFiles) => void;
}

/** The work of a request; it ends with what the method ends with, a validation with the error of its worst file. */
export function workOfRequest(
  request: JobRequest,
  call: CallFactory,
  listener: RequestListener = {},
): JobWork<JobResult> {
  return async (emit, signal) => {
    const options = { signal, onEvent: emit };
    const written = (answer: Written) => {
      listener.onWritten?.(answer);
      return resultOfWritten(answer);
    };
    try {
      switch (request.kind) {
        case 'build':
          return await call('build', request.params, options);
        case 'convert':
          return written(await call('convert', request.params, options));
        case 'convert-lora':
          return written(await call('convertLora', request.params, options));
        case 'merge':
          return written(await call('merge', request.params, options));
        case 'quantize':
          return written(await call('quantize', request.params, options));
        case 'imatrix': {
          const answer = await call('collectImatrix', request.params, options);
          listener.onImatrix?.(answer);
          return resultOfImatrix(answer);
        }
        case 'allocate': {
          const answer = await call('allocate', request.params, options);
          listener.onAllocated?.(answer);
          return resultOfAllocation(answer);
        }
        case 'evaluate': {
          const finished = await findFinishedRun(request.params);
          const answer = finished ?? (await call('evaluate', request.params, options));
          const isTimed = answer.run.speed.length > 0;
          if (request.speed === true && !isTimed)
            await addSpeed(answer, request.params, call, options);
          listener.onEvaluated?.(answer);
          return { files: [], manifests: [], run: answer.run.id, seconds: answer.seconds };
        }
        case 'bench-speed': {
          const start = performance.now();
          const { speed } = await call('benchSpeed', request.params, options);
          listener.onSpeed?.(speed);
          return { files: [], manifests: [], seconds: (performance.now() - start) / 1000 };
        }
        case 'tasks': {
          const start = performance.now();
          const { tasks } = await call('runTasks', request.params, options);
          listener.onTasks?.(tasks);
          return { files: [], manifests: [], seconds: (performance.now() - start) / 1000 };
        }
        case 'matrix': {
          const answer = await call('measureMatrix', request.params, options);
          listener.onEvaluated?.(answer);
          return { files: [], manifests: [], run: answer.run.id, seconds: answer.seconds };
        }
        case 'package':
          return await packageFiles(request.params, call, options, listener);
        case 'repair': {
          const { behaviour, prompts, ...params } = request.params;
          const start = performance.now();
          const report = await repairAndProbe(params, { behaviour, prompts }, call, options);
          listener.onRepaired?.(report);
          return resultOfRepair(report, (performance.now() - start) / 1000);
        }
        case 'verify':
          return await verifyFiles(request.params, options, listener);
        case 'doctor':
          return await diagnoseAll(request.params, call, options, listener);
        case 'validate':
          return await validateAll(request.params, call, options, listener);
      }
    } catch (error) {
      for (const text of lastLinesOf(error)) emit({ event: 'log', level: 'error', text });
      throw error;
    }
  };
}

/** What people call a request: `quantize tiny-F16.gguf to Q4_K_M`. A build is called after its recipe. */
export function titleOfRequest(request: JobRequest): string {
  const { kind } = request;
  switch (kind) {
    case 'build':
      return request.params.label;
    case 'convert':
      return `${kind} ${basename(request.params.folder)}${toType(request.params.outtype)}`;
    case 'convert-lora':
      return `${kind} ${basename(request.params.adapter)}${toType(request.params.outtype)}`;
    case 'merge': {
      const { adapters, base } = request.params;
      const what = adapters.length === 1 ? basename(adapters[0]?.path ?? '') : `${adapters.length} adapters`; // prettier-ignore
      return `${kind} ${what} into ${basename(base)}`;
    }
    case 'quantize': {
      const { input, outputs } = request.params;
      const levels = outputs.map(({ level }) => level);
      const to = levels.length > 3 ? `${levels.length} levels` : levels.join(', ');
      return `${kind} ${basename(input)} to ${to}`;
    }
    case 'imatrix': {
      const { model, output } = request.params;
      return `${kind} ${basename(model?.path ?? output)}`;
    }
    case 'allocate': {
      const { source, budget } = request.params;
      return `${kind} ${basename(source.path)} within ${budgetText(budget)}`;
    }
    case 'evaluate':
    case 'matrix':
      return `${kind} ${request.params.title}`;
    case 'tasks':
    case 'bench-speed': {
      const { subjects } = request.params;
      const others = subjects.length === 1 ? '' : ` and ${subjects.length - 1} more`;
      return `${kind} ${subjects[0]?.label ?? ''}${others}`;
    }
    case 'package':
      return `${kind} ${basename(request.params.folder)}`;
    case 'repair':
    case 'verify':
      return `${kind} ${basename(request.params.path)}`;
    case 'doctor':
    case 'validate': {
      const { paths } = request.params;
      const others = paths.length === 1 ? '' : ` and ${paths.length - 1} more`;
      return `${kind} ${basename(paths[0] ?? '')}${others}`;
    }
  }
}

function toType(outtype: string): string {
  return outtype === 'auto' ? '' : ` to ${outtype.toUpperCase()}`;
}

async function validateAll(
  { paths, ...params }: Extract<JobRequest, { kind: 'validate' }>['params'],
  call: CallFactory,
  options: Parameters<CallFactory>[2],
  { onReport, onValidated }: RequestListener,
): Promise<JobResult> {
  const start = performance.now();
  const validated = await validateFiles(
    paths,
    (path) => call('validate', { path, ...params }, options),
    (report) => {
      logReport(report, options.onEvent);
      onReport?.(report);
    },
  );
  onValidated?.(validated);
  if (validated.failure !== undefined) throw validated.failure;
  const seconds = (performance.now() - start) / 1000;
  return { files: [], manifests: [], validated: [...paths], seconds };
}

/** Something wrong ends the work with `doctor/found`; the listener has all diagnoses by then. */
async function diagnoseAll(
  params: Extract<JobRequest, { kind: 'doctor' }>['params'],
  call: CallFactory,
  { signal, onEvent }: Parameters<CallFactory>[2],
  { doctor }: RequestListener,
): Promise<JobResult> {
  const start = performance.now();
  const lines: NonNullable<JobResult['diagnosed']> = [];
  const tell = (event: DiagnosisEvent) => {
    // Checks and findings are told as lines of the log; a job's journal knows no others.
    if (event.event !== 'check' && event.event !== 'finding') onEvent(event);
  };
  const diagnosed = await diagnoseFiles(
    params,
    (method, asked, options) =>
      call(method, asked, { ...options, onEvent: tell, onFound: options.onEvent }),
    { signal, onEvent: tell },
    {
      ...doctor,
      onFile(file) {
        lines.push(lineOf(file, onEvent));
        doctor?.onFile?.(file);
      },
    },
  );
  doctor?.onEnd?.(diagnosed);
  if (diagnosed.failure !== undefined) throw diagnosed.failure;
  const seconds = (performance.now() - start) / 1000;
  return { files: [], manifests: [], diagnosed: lines, seconds };
}

/** A file's line in the job's result; its findings go to the log. */
function lineOf({ path, diagnosis, behaviour, error }: DiagnosedOne, emit: EventSink): NonNullable<JobResult['diagnosed']>[number] {
  if (diagnosis === undefined) {
    const summary = error?.message ?? 'It could not be looked at.';
    emit({ event: 'log', level: 'error', text: summary });
    return { path, verdict: 'error', summary };
  }
  const { findings, verdict } = joinFindings({ diagnosis, ...(behaviour === undefined ? {} : { behaviour }) });
  const summary = findings.length === 0 ? 'Healthy.' : summaryOf(findings);
  emit({ event: 'log', level: verdict === 'error' ? 'error' : verdict === 'warning' ? 'warning' : 'info', text: `${path}: ${summary}` });
  for (const { code, severity, message } of findings.slice(0, 200)) {
    emit({ event: 'log', level: severity, text: `  ${code}: ${message}` });
  }
  return { path, verdict, summary };
} // prettier-ignore

async function packageFiles(
  params: Extract<JobRequest, { kind: 'package' }>['params'],
  call: CallFactory,
  options: Parameters<CallFactory>[2],
  { onPackaged }: RequestListener,
): Promise<JobResult> {
  const ports = {
    build: (asked: BuildParams) => call('build', asked, options),
    convertLora: (asked: ParamsOf<FactoryContract, 'convertLora'>) => call('convertLora', asked, options), // prettier-ignore
  };
  const packaged = await runToEnd(makePackage(params, ports, options.signal), options.onEvent);
  onPackaged?.(packaged);
  const files = packaged.files.map((file) => ({ ...file, level: '', bitsPerWeight: 0, adapters: [] })); // prettier-ignore
  const manifests = [{ path: packaged.manifest, reused: false }];
  return { files, manifests, seconds: packaged.seconds };
}

/** A package that is not whole ends the work with what is wrong; the listener has all checks by then. */
async function verifyFiles(
  params: Extract<JobRequest, { kind: 'verify' }>['params'],
  { signal, onEvent }: Parameters<CallFactory>[2],
  { onVerified }: RequestListener,
): Promise<JobResult> {
  const found = await runToEnd(verifyPackage(params, signal), onEvent);
  const verification = { ...found, checks: worstFirst(found.checks) };
  for (const { status, subject, check, message } of verification.checks) {
    const level = status === 'failed' ? 'error' : status === 'warning' ? 'warning' : 'info';
    onEvent({ event: 'log', level, text: `${subject}: ${check} ${status}: ${message}` });
  }
  onVerified?.(verification);
  const failure = requireVerified(verification);
  if (failure !== undefined) throw failure;
  return { files: [], manifests: [], verification, seconds: verification.seconds };
}

function logReport({ path, passed, checks }: ValidationReport, emit: EventSink): void {
  const level = passed ? 'info' : 'error';
  emit({ event: 'log', level, text: `${path}: ${passed ? 'valid' : 'NOT valid'}` });
  for (const { check, status, summary } of checks) {
    if (status !== 'skipped')
      emit({
        event: 'log',
        level: status === 'failed' ? 'error' : 'info',
        text: `  ${check} ${status}: ${summary}`,
      });
  }
}

/** Files without a name or hash come from a dry run, which is no job. */
function resultOfWritten({ outputs, seconds }: Written): JobResult {
  const files = outputs.flatMap(({ path, bytes, sha256, label, bitsPerWeight }) =>
    path === undefined || sha256 === undefined
      ? []
      : [{ path, bytes, sha256, level: label, bitsPerWeight, adapters: [], reused: false }],
  );
  return { files, manifests: [], seconds };
}

function resultOfImatrix({ path, bytes, sha256, seconds }: ImatrixResult): JobResult {
  const file = { path, bytes, sha256, level: 'imatrix', bitsPerWeight: 0, adapters: [], reused: false }; // prettier-ignore
  return { files: [file], manifests: [], seconds };
}

function resultOfRepair({ output: path, bytes, sha256, after }: RepairReport, seconds: number): JobResult {
  const level = after.title.split(', ')[1] ?? '';
  const file = { path, bytes, sha256, level, bitsPerWeight: 0, adapters: [], reused: false };
  return { files: [file], manifests: [], seconds };
} // prettier-ignore

function resultOfAllocation(result: AllocateResult): JobResult {
  const { path, bytes, sha256, bitsPerWeight, kept, stock, run, seconds } = result;
  const level = kept === 'stock' ? stock.level : 'hybrid';
  const file = { path, bytes, sha256, level, bitsPerWeight, adapters: [], reused: false };
  return { files: [file], manifests: [], run: run.id, seconds };
}

/** What a host that died had written last: the log keeps it where people look for it. */
function lastLinesOf(error: unknown): string[] {
  if (!(error instanceof StudioError) || error.code !== 'native/crashed') return [];
  const { lastLines } = error.details;
  return Array.isArray(lastLines) ? lastLines.filter((line) => typeof line === 'string') : [];
}

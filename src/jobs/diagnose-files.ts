// Several files diagnosed one after the other: one that is missing keeps none of the others from being checked. The command
// line and a job that is run again do this alike.
import type { DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import type { DoctorRequest } from '#src/contract/doctor/request.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  joinFindings,
  runDiagnosis,
  type CallDoctor,
  type DiagnosedFile,
} from './run-diagnosis.ts';

export interface DiagnosedOne extends Partial<DiagnosedFile> {
  readonly path: string;
  /** Why the file could not be looked at. */
  readonly error?: StudioError;
}

export interface DiagnosedFiles {
  /** One per file, in their order. */
  readonly files: readonly DiagnosedOne[];
  /** The error of them all; undefined when every file is healthy or has notes only. */
  readonly failure: StudioError | undefined;
}

export interface DoctorListener {
  readonly onStart?: (path: string) => void;
  readonly onFound?: (event: Extract<DiagnosisEvent, { event: 'check' | 'finding' }>) => void;
  readonly onFile?: (file: DiagnosedOne) => void;
}

/** Diagnoses files. Throws what is no file's fault: `cancelled`, an internal error. */
export async function diagnoseFiles(
  { paths, prompts, ...request }: DoctorRequest,
  call: CallDoctor,
  options: Parameters<CallDoctor>[2],
  { onStart, onFound, onFile }: DoctorListener = {},
): Promise<DiagnosedFiles> {
  const files: DiagnosedOne[] = [];
  const onEvent = (event: DiagnosisEvent) => {
    if (event.event === 'check' || event.event === 'finding') onFound?.(event);
    options.onEvent(event);
  };
  for (const path of paths) {
    onStart?.(path);
    const asked = { ...request, path, ...(prompts === undefined ? {} : { prompts }) };
    const file = await runDiagnosis(asked, call, { ...options, onEvent }).then(
      (diagnosed): DiagnosedOne => ({ path, ...diagnosed }),
      (error: unknown): DiagnosedOne => {
        if (error instanceof StudioError && isOfFile(error)) return { path, error };
        throw error;
      },
    );
    files.push(file);
    onFile?.(file);
  }
  return { files, failure: failureOf(files) };
}

/** Also what reading it fails at (no permission, a bad sector): the next file may well be readable. */
function isOfFile({ kind, code }: StudioError): boolean {
  return kind === 'input' || code === 'io/failed';
}

/** A file that could not be looked at weighs more than one with findings, as its exit code does. */
function failureOf(files: readonly DiagnosedOne[]): StudioError | undefined {
  const unread = files.find(({ error }) => error !== undefined)?.error;
  if (unread !== undefined) return unread;
  const bad = files.flatMap(({ path, diagnosis, behaviour }) => {
    if (diagnosis === undefined) return [];
    const { findings } = joinFindings({ diagnosis, ...(behaviour === undefined ? {} : { behaviour }) }); // prettier-ignore
    const acting = findings.filter(({ severity }) => severity !== 'info');
    return acting.length === 0 ? [] : [{ path, acting }];
  });
  const [first] = bad;
  if (first === undefined) return undefined;
  const repairable = bad.some(({ acting }) => acting.some(({ fix }) => fix !== undefined));
  const count = first.acting.length;
  return new StudioError(
    'doctor/found',
    bad.length === 1
      ? `${first.path}: ${count === 1 ? (first.acting[0]?.message ?? '') : `${count} findings.`}`
      : `Something is wrong with ${bad.length} of ${files.length} files, ${first.path} first.`,
    {
      hint: repairable
        ? 'See what repair would do: gguf-studio repair FILE --dry-run.'
        : 'The findings say what can be done.',
      details: { files: bad.map(({ path }) => path) },
    },
  );
}

// Writes planned outputs and checks each before it gets its name: its structure always, everything with --validate.
import type { EventSink } from '#src/contract/stage-events.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { ValidationReport } from '#src/contract/validation.ts';
import type { Written } from '#src/contract/outputs.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { requirePassed, withoutProgress } from '#src/stages/validate/require-passed.ts';
import { nativeLibrary } from '../native-library.ts';
import { rememberWriting } from '../quantize/writing-time.ts';
import { writeOutputs } from '../quantize/write-outputs.ts';
import { validateFile } from '../validate/validate-file.ts';

const refusedHint =
  'The report tells which check failed; "gguf-studio validate" runs them again on the kept file.';

export interface WriteCheckedOptions {
  readonly inputs: readonly string[];
  readonly overwrite: boolean;
  /** Make the outputs' folders when they are missing. */
  readonly makeFolders?: boolean | undefined;
  readonly validate: boolean;
  readonly threads?: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
}

/** Throws what writeOutputs throws, and `validate/failed` (the file is then kept as `X.rejected`). */
export async function writeChecked(
  outputs: readonly { readonly path: string; readonly plan: OutputPlan }[],
  options: WriteCheckedOptions,
): Promise<Written> {
  const { inputs, overwrite, makeFolders, threads, signal, emit } = options;
  // koffi registers no callback types any more once a worker thread that used it has ended, so llama.cpp is opened before
  // the first row worker starts.
  nativeLibrary();
  const start = performance.now();
  const reports = new Map<string, ValidationReport>();
  const written = await runToEnd(
    writeOutputs(outputs, {
      inputs,
      overwrite,
      makeFolders,
      threads,
      signal,
      check: async (partialPath, output, checkSignal) => {
        if (!options.validate) return checkStructure(partialPath);
        const report = await runToEnd(
          validateFile(partialPath, { depth: 'full', fileHash: true, signal: checkSignal }),
          withoutProgress(emit),
        );
        reports.set(output.path, { ...report, path: output.path });
        requirePassed(report, output.path, refusedHint);
        return report.sha256;
      },
    }),
    emit,
  );
  const seconds = (performance.now() - start) / 1000;
  // What an interrupted run had done would make this one look fast.
  if (written.every(({ reusedTensors }) => reusedTensors === 0)) {
    await rememberWriting(
      outputs.map(({ plan }) => plan),
      seconds,
      threads,
    );
  }
  return {
    outputs: written.map((output, index) => {
      const plan = outputs[index]?.plan;
      const report = reports.get(output.path);
      return {
        label: plan?.label ?? '',
        path: output.path,
        bytes: output.bytes,
        bitsPerWeight: plan?.bitsPerWeight ?? 0,
        sha256: output.sha256,
        reusedTensors: output.reusedTensors,
        ...(report === undefined ? {} : { validation: report }),
      };
    }),
    seconds,
  };
}

/** Values were checked while they were written; what can still be wrong is the header. */
async function checkStructure(path: string): Promise<undefined> {
  const source = await openFileByteSource(path);
  try {
    await readGgufHeader(source);
    return undefined;
  } finally {
    await source.close();
  }
}

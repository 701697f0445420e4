// What a build needs from the process that holds native code: llama.cpp's plan, the one-pass writer, validation. The
// factory host provides them; everything else of a build is plain TypeScript.
import type { z } from 'zod';
import type { ImatrixResult, imatrixParams } from '#src/contract/quality/imatrix.ts';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type {
  ReferenceRequest,
  SubjectRequest,
  TaskRequest,
  TextRequest,
} from '#src/contract/quality/subjects.ts';
import type { EventSink, StageRun } from '#src/contract/stage-events.ts';
import type { ValidationReport } from '#src/contract/validation.ts';
import type { StudioError } from '#src/errors/studio-error.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import type { QuantizationRequest } from '#src/stages/quantize/quantize-options.ts';

/** A file copied behind the tensors (a bundle's adapter). */
export interface AppendedFile {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
  readonly sha256: string;
}

export interface WriteRequest {
  /** Absolute; its folder exists. */
  readonly path: string;
  readonly plan: OutputPlan;
  /** Replace the placeholders of `studio.tensor.sha256` before the file gets its name. */
  readonly fillTensorHashes?: boolean;
  readonly appended?: readonly AppendedFile[] | undefined;
  /** Replace a file that is there. */
  readonly overwrite?: boolean;
}

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface WriteSettings {
  /** Every file that is read; never written over. */
  readonly inputs: readonly string[];
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Keep partial files when cancelled, so that the next run goes on. */
  readonly keepPartial?: boolean | undefined;
  /** Told the bytes of a file's tensors that are written, of all, also those that an earlier run had finished. */
  readonly onWritten?: ((path: string, done: number, total: number) => void) | undefined;
  /** Looks at a finished file before it gets its name; an error of it keeps the file as `X.rejected`. */
  readonly check?:
    | ((
        partialPath: string,
        written: Pick<WrittenFile, 'path'>,
        signal: AbortSignal,
      ) => Promise<string | undefined>)
    | undefined;
}

/** What planning a build needs of native code: nothing is written but the header that llama.cpp is shown. */
export interface PlanningPorts {
  readonly library: string;
  /** llama.cpp's plan of each level, or why it has none. */
  planEach(
    model: ModelView,
    requests: readonly QuantizationRequest[],
  ): Promise<readonly (OutputPlan | StudioError)[]>;
  /** Bytes of memory that writing these outputs in one pass takes at most, the process itself included. */
  writingMemory(plans: readonly OutputPlan[]): number;
  /** Seconds that writing them in one pass takes on this machine, by its measured rates; undefined when it cannot be told. */
  writingSeconds(plans: readonly OutputPlan[]): Promise<number | undefined>;
}

/** A reference and what is compared with it. */
export interface MeasureGroup {
  readonly reference: ReferenceRequest;
  readonly subjects: readonly SubjectRequest[];
}

export interface MeasureSettings {
  readonly texts: readonly TextRequest[];
  /** Asked of every subject and reference, where a run is written. */
  readonly tasks?: readonly TaskRequest[] | undefined;
  readonly contextSize: number;
  /** Per text; all when absent. */
  readonly chunks?: number | undefined;
  readonly mode: 'reference' | 'full';
  readonly threads?: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** Called once per chunk that is computed, with how far the whole is. */
  readonly onChunk?: ((done: number, total: number) => void) | undefined;
}

export interface MeasuredRun {
  /** Of run.json. */
  readonly path: string;
  readonly run: Run;
}

/** Chunks that are computed are kept in the studio's own folder: measuring the same again only reads them. */
export interface MeasuringPorts {
  /** Measures; writes no run. */
  measure(group: MeasureGroup, settings: MeasureSettings): Promise<readonly Measurement[]>;
  /** Measures all groups into one run in `folder`. */
  measureRun(
    groups: readonly MeasureGroup[],
    run: { readonly folder: string; readonly id: string; readonly title: string },
    settings: MeasureSettings,
  ): Promise<MeasuredRun>;
  /** Collects an importance matrix into a file; goes on with what an interrupted run left beside it. */
  collectMatrix(
    params: z.input<typeof imatrixParams>,
    options: { readonly signal: AbortSignal; readonly emit: EventSink },
  ): Promise<ImatrixResult>;
}

export interface FactoryPorts extends MeasuringPorts {
  /** Which library encodes the tensors: `llama.cpp v0.5.0`. Part of provenance and of every step's key. */
  readonly library: string;
  /** llama.cpp's own plan of each level. Throws `quantize/failed`, `quantize/prune`, `imatrix/invalid`. */
  plan(model: ModelView, requests: readonly QuantizationRequest[]): Promise<readonly OutputPlan[]>;
  /** Writes all outputs in one pass over their source. */
  write(
    requests: readonly WriteRequest[],
    settings: WriteSettings,
  ): StageRun<readonly WrittenFile[]>;
  /** Remembers how long writing took, for estimates to come. */
  rememberWriting(plans: readonly OutputPlan[], seconds: number, threads?: number): Promise<void>;
  /** Validates a file of any name. */
  validate(
    path: string,
    options: {
      readonly depth: 'structure' | 'full';
      /** Report the SHA-256 of the whole file. */
      readonly fileHash?: boolean;
      readonly signal: AbortSignal;
    },
    emit: EventSink,
  ): Promise<ValidationReport>;
}

// What the steps of a pass share: the outputs to bring about, and everything that they are brought about with.
import type { EventSink } from '#src/contract/stage-events.ts';
import type { RecordStore } from '#src/io/record-store-file.ts';
import type { PlannedOutput } from '#src/recipe/plan.ts';
import type { Provenance } from '#src/stages/package/provenance.ts';
import type { BuildSteps } from './build-steps.ts';
import type { JobFolder } from './job-folder.ts';
import type { FactoryPorts, WriteRequest } from './ports.ts';
import type { RecipeSources } from './recipe-sources.ts';

/** An output to bring about. */
export interface OutputTask {
  readonly output: PlannedOutput;
  /** Absolute. */
  readonly path: string;
  /** Step key. */
  readonly key: string;
}

export interface PassContext {
  readonly ports: FactoryPorts;
  readonly sources: RecipeSources;
  readonly store: RecordStore;
  readonly steps: BuildSteps;
  readonly folder: JobFolder;
  /** Measures a finished file that has no name yet, where an evaluate step has a gate. Throws `evaluation/gate`. */
  readonly gate: (
    output: PlannedOutput,
    partial: { readonly path: string; readonly sha256: string | undefined },
    signal: AbortSignal,
  ) => Promise<void>;
  readonly validate: boolean;
  readonly overwrite: boolean;
  readonly threads: number | undefined;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** A file laid out, with what its task needs to judge an existing one. */
export interface LaidOut {
  readonly task: OutputTask;
  readonly request: WriteRequest;
  readonly size: number;
  readonly provenance: Provenance;
  /** What the user should know of this file alone: fallback types, a clamped window. */
  readonly notices: readonly string[];
}

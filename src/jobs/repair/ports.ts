// What a repair needs from the process that holds native code: the diagnosis, and rows computed as a build computes them.
import type { ComparedWith, Diagnosis, DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import type { TensorView } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import type { FactoryPorts } from '../ports.ts';

/** Rows of one tensor to be computed. */
export interface RowRequest {
  readonly source: TensorView;
  readonly type: GgmlType;
  readonly importance: Float32Array | undefined;
  readonly firstRow: number;
  readonly rowCount: number;
}

export interface RowDeriver {
  /** Gives encoded rows to `take` in order; the result is the bytes that were read from the source. */
  derive(
    request: RowRequest,
    take: (firstRow: number, bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<number>;
  close(): Promise<void>;
}

export interface RepairPorts {
  readonly factory: FactoryPorts;
  /** The static diagnosis; behaviour is the caller's. */
  diagnose(
    path: string,
    comparedWith: ComparedWith,
    options: { readonly signal: AbortSignal; readonly emit: (event: DiagnosisEvent) => void },
  ): Promise<Diagnosis>;
  openDeriver(threads: number | undefined): RowDeriver;
}

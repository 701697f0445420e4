// One kind of damage: how it comes about by code, what the doctor has to say about it, and what a repair makes of it.
// The tables beside this file drive the tests in test/doctor.
import type { FindingCode } from '#src/contract/doctor/finding.ts';
import type { BaseName, BaseFiles } from './base-files.ts';

/** A file, and what lies beside it. */
export interface DamagedFile {
  readonly bytes: Uint8Array;
  /** Default: the base's own. */
  readonly name?: string;
  readonly beside?: Readonly<Record<string, Uint8Array>>;
}

/**
 * What repair makes of it. `original`: the very bytes of the undamaged file (compared by SHA-256); `sound`: a file without
 * any error that llama.cpp loads. `trust` is the least that its steps promise. `none`: nothing can be done; a plan
 * says so and offers no step that is chosen.
 */
export type ExpectedRepair =
  | {
      readonly gives: 'original' | 'sound';
      readonly trust: 'exact' | 'derived' | 'approximate' | 'edited' | 'lost';
      /** Beside the folder of the Seedling's sources, which is given wherever provenance names hashes. */
      readonly with?: 'source' | 'sibling';
    }
  | 'none';

export interface DamageKind {
  /** Goes on with "A file that" or "A file whose". */
  readonly sentence: string;
  readonly base: BaseName;
  readonly damage: (
    base: Uint8Array,
    bases: BaseFiles,
  ) => Uint8Array | DamagedFile | Promise<Uint8Array | DamagedFile>;
  /** What the diagnosis is given besides the file. */
  readonly compareWith?: 'source' | 'sibling';
  /** Every code that is found, and no other. */
  readonly codes: readonly FindingCode[];
  /** Exactly the tensors that the findings together are about, where that matters. */
  readonly tensors?: readonly string[];
  /** Keys that some finding is about. */
  readonly keys?: readonly string[];
  readonly repair: ExpectedRepair;
  /** Why the diagnosis does not hold yet. */
  readonly todo?: string;
  /** Why the repair does not hold yet. */
  readonly repairTodo?: string;
}

export type DamageTable = Readonly<Record<string, DamageKind>>;

// What a repair has to work with, and what its steps do. Shared by the planning of steps and by those who take them.
import type { RepairStep, Trust } from '#src/contract/doctor/repair.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { MetadataFix } from './edit-metadata.ts';

/** Shown of long lists. */
export const mostChanges = 200;

export interface RowRange {
  readonly first: number;
  readonly count: number;
}

/** The best way to bring a tensor back. */
export interface TensorWay {
  readonly trust: Extract<Trust, 'exact' | 'derived' | 'approximate'>;
  /** File or folder, by its name. */
  readonly from: string;
  /** How it is done, for the title: `Derive`, `Copy`, `Quantize`. */
  readonly verb: string;
  readonly readBytes: (rows: readonly RowRange[] | undefined) => number;
  /** What comes first, or what it lacks: `without weights: ...`. */
  readonly note?: string | undefined;
}

/** What a repair has to work with. */
export interface Means {
  readonly metadata: readonly GgufEntry[];
  /** Keys as a file of the same making has them. */
  readonly keyOrder: readonly string[];
  /** The best way, or why there is none. */
  readonly tensor: (name: string) => TensorWay | string;
  /** Bytes of the tensor that the file has, of all; undefined for one that it does not list. */
  readonly present: (
    name: string,
  ) => { readonly present: number; readonly all: number } | undefined;
  /** Where an adapter of the bundle can be taken from, or why it cannot. */
  readonly adapter: (name: string) => { readonly from: string; readonly bytes: number } | string;
  /** Names of the files that are joined to one, in their order; why they cannot be. */
  readonly parts: readonly string[] | string;
  /** Whether the header can be written as the recipe gives it, and why not. */
  readonly header:
    | {
        readonly from: string;
        readonly trust: 'exact' | 'derived';
        readonly note?: string | undefined;
      }
    | string;
  /** The list of hashes shows that these tensors were added after the file was built. */
  readonly wereAdded: (names: readonly string[]) => boolean;
  /** Records of tensors or entries were lost: the header as it is read is not the whole one. */
  readonly isHeaderBroken: boolean;
  /** Entries that the header claims and that could not be read. */
  readonly lostEntries: number;
  /** Every tensor's record was read. */
  readonly isRecordsWhole: boolean;
}

export type StepAction =
  | { readonly kind: 'metadata'; readonly fix: MetadataFix }
  | {
      readonly kind: 'recover';
      readonly tensors: ReadonlyMap<string, readonly RowRange[] | undefined>;
    }
  /** Damaged tensors stay as they are. */
  | { readonly kind: 'leave'; readonly tensors: readonly string[] }
  | { readonly kind: 'restore-adapter'; readonly name: string }
  | { readonly kind: 'drop-adapter'; readonly name: string }
  /** Tensors that no model of the architecture has. */
  | { readonly kind: 'drop-tensors'; readonly names: readonly string[] }
  | { readonly kind: 'lay-out' }
  | { readonly kind: 'join-parts' }
  | { readonly kind: 'cut-tail' }
  /** The whole header as the recipe gives it. */
  | { readonly kind: 'header' }
  /** Entries that cannot be read are left out. */
  | { readonly kind: 'leave-header' };

export interface PlannedStep {
  readonly step: RepairStep;
  readonly action: StepAction;
}

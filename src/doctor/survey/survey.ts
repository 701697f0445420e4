// What could be read of a GGUF that may be damaged: every entry and tensor record that is there, with where it lies, and
// the faults that were met on the way. The strict reader (formats/gguf/read-header.ts) stays the one for everything else.
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

export interface SurveyedEntry extends GgufEntry {
  /** Position among the entries of the file. */
  readonly index: number;
  /** Where the entry (key, type and value) lies in the file. */
  readonly at: number;
  readonly size: number;
}

export interface SurveyedTensor {
  /** Position among the records of the file. */
  readonly index: number;
  readonly name: string;
  /** ggml order. */
  readonly shape: readonly number[];
  /** The number in the file; `type` is undefined where no type has it. */
  readonly typeId: number;
  readonly type: GgmlType | undefined;
  /** As recorded, relative to the data section; a bigint would not help where it exceeds 2^53 (then it is Infinity). */
  readonly offset: number;
  /** Of its data by type and shape; undefined where they say nothing sensible. */
  readonly byteLength: number | undefined;
  /** Where the record lies in the file. */
  readonly at: number;
  readonly size: number;
}

export type FaultKind =
  | 'version'
  /** The header claims more entries or tensors than fit into the file, or fewer than are there. */
  | 'counts'
  | 'entry'
  | 'entry-twice'
  | 'tensor'
  | 'tensor-twice'
  | 'tensor-type'
  | 'tensor-shape'
  | 'alignment'
  /** The file ends inside the header. */
  | 'truncated';

export interface Fault {
  readonly kind: FaultKind;
  /** One sentence without the file's name. */
  readonly message: string;
  readonly at: number;
  readonly size: number;
  /** The entry's key or the tensor's name, where they are known. */
  readonly name: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Survey {
  /** Length of the file. */
  readonly bytes: number;
  readonly byteOrder: 'little' | 'big';
  /** The number in the file; 2 and 3 are read. */
  readonly version: number;
  /** Counts as the header claims them. */
  readonly claimed: { readonly entries: number; readonly tensors: number };
  /** Every entry that could be read, in file order, also those whose key is there twice. */
  readonly entries: readonly SurveyedEntry[];
  /** Every record that could be read, in file order, also those whose name is there twice. */
  readonly tensors: readonly SurveyedTensor[];
  /** `general.alignment` where it is sound, else 32. */
  readonly alignment: number;
  /** Where the metadata and the tensor records end; undefined where they could not be read to their end. */
  readonly metadataEnd: number | undefined;
  readonly headerEnd: number | undefined;
  /** Where the data section starts by the rules; undefined without `headerEnd`. */
  readonly dataOffset: number | undefined;
  readonly faults: readonly Fault[];
}

// What a diagnosis looks at: one GGUF (all parts of a split) as far as it could be read, tolerantly and, where it is
// sound, strictly. Checks get it ready made; none of them opens files by itself.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import type { GgufEntry, GgufHeader } from '#src/formats/gguf/types.ts';
import type { FileKind } from '#src/contract/doctor/diagnosis.ts';
import type { FileRange } from '#src/contract/doctor/finding.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { StudioError } from '#src/errors/studio-error.ts';
import type { Layout } from './survey/place-tensors.ts';
import type { Survey, SurveyedTensor } from './survey/survey.ts';

export interface SubjectPart {
  /** The file's name without its folder. */
  readonly fileName: string;
  readonly source: ByteSource;
  readonly survey: Survey;
  /** The strict reader's, when it reads the part. */
  readonly header: GgufHeader | undefined;
  /**
   * Where the part starts when all parts lie one behind the other in their order. Ranges of findings and of the map count
   * like this; for a file that is not split it is 0.
   */
  readonly base: number;
  /** Where the tensors lie, as the whole part proves; undefined where the header could not be read to its end. */
  readonly layout: Layout | undefined;
}

/** One place of a split. */
export interface SplitSlot {
  readonly index: number;
  /** The name that llama.cpp looks for. */
  readonly expectedName: string;
  /** `misnamed`: it is there under another name; `foreign`: a file has the name, but is not this part. */
  readonly state: 'there' | 'misnamed' | 'missing' | 'foreign';
  /** The file that is used, or that is foreign. */
  readonly fileName: string | undefined;
  /** Why it is foreign. */
  readonly reason?: string;
}

export interface SubjectTensor extends SurveyedTensor {
  readonly part: SubjectPart;
  /**
   * Where its data really lies, in bytes of its part: by its record, or by the sizes of the tensors before it where the
   * record is wrong and the others prove it. May end behind the file's end (truncated). Undefined when nobody can say.
   */
  readonly data: FileRange | undefined;
  /** Bytes of the data that the file has: less than `byteLength` where it is truncated. */
  readonly present: number;
}

export interface Subject {
  /** How messages name it. */
  readonly label: string;
  readonly kind: FileKind;
  /** The given file. */
  readonly source: ByteSource;
  /** Of the given file. */
  readonly survey: Survey;
  /** The strict reader's header of the given file, when it reads; undefined for big-endian files. */
  readonly header: GgufHeader | undefined;
  /** The whole model as every stage would see it, when the strict reader opens it. Closing it is not the checks' task. */
  readonly model: ModelView | undefined;
  /** In their order; the given file alone when it is not split or when its others are missing. */
  readonly parts: readonly SubjectPart[];
  /** Metadata of the first part: the first entry of each key, `split.*` kept. */
  readonly metadata: readonly GgufEntry[];
  /** Tensors of all parts: the first record of each name. */
  readonly tensors: readonly SubjectTensor[];
  /** `general.architecture`, when it is a text. */
  readonly architecture: string | undefined;
  /** Of a split: every part that it should have. */
  readonly split: readonly SplitSlot[] | undefined;
  /** Adapters that ride in the tail, when the list can be read; empty else. */
  readonly members: readonly PlacedMember[];
  /** Why the list of adapters cannot be read or used; undefined when it can, and without a list. */
  readonly bundleProblem: StudioError | undefined;
  /** The first four bytes are not `GGUF`, but all behind them is. */
  readonly wrongMagic: string | undefined;
  /**
   * Every tensor that the model has is in `tensors`: no record was lost to a damaged header, no part is missing. Only then
   * may a check say that a tensor or a key is missing.
   */
  readonly complete: boolean;
}

/** The finding's range of a stretch of a part. */
export function rangeIn(part: Pick<SubjectPart, 'base'>, offset: number, size: number): FileRange {
  return { offset: part.base + offset, size };
}

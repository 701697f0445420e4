// What checks say: drafts of findings. Area and severity come from the catalogue, ids from who runs the checks.
import type { Finding, FindingCode, Severity } from '#src/contract/doctor/finding.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { Sha256 } from '#src/stages/validate/validation-ports.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { findingCatalog } from './catalog.ts';
import type { ListedHashes } from './hashes/listed-hash.ts';
import type { Subject } from './subject.ts';
import type { ExaminationTask, ExaminedTemplates } from './template/examine-template.ts';

/** `cause` and `remedy` default to the catalogue's; lists default to empty. */
export type Draft = Pick<Finding, 'message'> &
  Partial<
    Pick<Finding, 'cause' | 'evidence' | 'tensors' | 'keys' | 'ranges' | 'remedy' | 'fix'>
  > & {
    readonly code: FindingCode;
    /** Only where it is not the catalogue's. */
    readonly severity?: Severity;
  };

/** What checks need from outside; the factory host gives the real ones, tests plain ones. */
export interface DoctorPorts {
  readonly codec: {
    /** ggml_validate_row_data: false when the bytes hold a NaN or an infinity. */
    isFinite(type: GgmlType, bytes: Uint8Array): boolean;
    /** Turns `count` weights of whole blocks into F32. */
    decode(type: GgmlType, source: Uint8Array, target: Float32Array, count: number): void;
  };
  readonly createSha256: () => Sha256;
  /** Renders chat templates where an endless one can be ended. */
  readonly examineTemplates: (
    task: ExaminationTask,
    signal: AbortSignal,
  ) => Promise<ExaminedTemplates>;
  /** Seconds, rising. */
  readonly now: () => number;
}

export interface CheckContext {
  readonly ports: DoctorPorts;
  /** The unquantized model, opened; metadata is that of its conversion where it is a folder. */
  readonly source: ModelView | undefined;
  /** Another level of the same model. */
  readonly sibling: ModelView | undefined;
  /** SHA-256 of whole files by lists beside them (`SHA256SUMS`, a package's `router.json`). */
  readonly listedHashes?: ListedHashes | undefined;
  readonly signal: AbortSignal;
}

export interface CheckEnd {
  /** One sentence for the checklist when nothing was found (`All 38 tensors are finite.`). */
  readonly summary: string;
  /** The check does not apply to this file, or cannot run; `summary` says why. */
  readonly skipped?: boolean;
}

/**
 * One check: yields progress and drafts in any order. What reading throws goes through; a check that meets nonsense in the
 * file says so in a draft instead of throwing.
 */
export type Check = (
  subject: Subject,
  context: CheckContext,
) => AsyncGenerator<StageEvent | Draft, CheckEnd, void>;

export function isDraft(item: StageEvent | Draft): item is Draft {
  return 'code' in item;
}

/** The finding of a draft. */
export function findingOf(id: string, draft: Draft): Finding {
  const { area, severity, cause, remedy } = findingCatalog[draft.code];
  return {
    id,
    code: draft.code,
    area,
    severity: draft.severity ?? severity,
    message: draft.message,
    cause: draft.cause ?? cause,
    evidence: draft.evidence ?? {},
    tensors: draft.tensors ?? [],
    keys: draft.keys ?? [],
    ranges: draft.ranges ?? [],
    remedy: draft.remedy ?? remedy,
    ...(draft.fix === undefined ? {} : { fix: draft.fix }),
  };
}

// Diagnoses made by hand for tests of the Doctor screen: a file with a header, metadata, tensors in order and padding, and
// findings about them.
import type { Diagnosis, FileSegment } from '#src/contract/doctor/diagnosis.ts';
import { diagnosisAreas, type Finding } from '#src/contract/doctor/finding.ts';

export interface BuiltPart {
  readonly kind?: FileSegment['kind'];
  readonly name?: string;
  readonly type?: string;
  readonly size: number;
}

/** Parts one after the other from the file's first byte. */
export function buildMap(parts: readonly BuiltPart[]): FileSegment[] {
  let offset = 0;
  return parts.map(({ kind = 'tensor', name = '', type, size }) => {
    const segment: FileSegment = {
      kind,
      name,
      offset,
      size,
      damaged: [],
      ...(type === undefined ? {} : { type }),
    };
    offset += size;
    return segment;
  });
}

export function buildFinding(changes: Partial<Finding> = {}): Finding {
  return {
    id: 'f1',
    code: 'hashes/tensor',
    area: 'hashes',
    severity: 'error',
    message: 'The bytes of blk.0.attn_q.weight are not those that were written.',
    cause: 'Bytes changed on the disk or on the way.',
    evidence: {},
    tensors: ['blk.0.attn_q.weight'],
    keys: [],
    ranges: [],
    remedy: 'Derive the tensor again from its source.',
    ...changes,
  };
}

export function buildDiagnosis(changes: Partial<Diagnosis> = {}): Diagnosis {
  const map =
    changes.map ??
    buildMap([
      { kind: 'header', size: 24 },
      { kind: 'metadata', name: 'metadata', size: 1000 },
      { kind: 'tensor-list', size: 176 },
      { name: 'token_embd.weight', type: 'Q6_K', size: 8000 },
      { name: 'blk.0.attn_q.weight', type: 'Q4_K', size: 4000 },
    ]);
  const last = map.at(-1);
  return {
    path: '/models/damaged.gguf',
    bytes: last === undefined ? 0 : last.offset + last.size,
    modified: 1_700_000_000_000,
    kind: 'model',
    title: 'llama, Q4_K_M, 2 tensors',
    verdict: 'healthy',
    checks: diagnosisAreas.map((area) => ({
      area,
      state: 'passed',
      summary: 'Fine.',
      seconds: 0.1,
    })),
    findings: [],
    parts: [],
    seconds: 1,
    ...changes,
    map,
  };
}

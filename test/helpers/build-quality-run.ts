// A run as `evaluate` writes it, from mean KLDs per chunk. Only what the rankings and the screens read has to be given.
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';

export interface SubjectOfRun {
  readonly id: string;
  readonly bytes: number;
  /** Text -> mean KLD of every chunk. */
  readonly kld: Readonly<Record<string, readonly number[]>>;
  readonly sameTop?: number;
  readonly sha256?: string;
  readonly reference?: string;
  readonly peakRamBytes?: number;
}

export function buildQualityRun(subjects: readonly SubjectOfRun[]): Run {
  const texts = [...new Set(subjects.flatMap(({ kld }) => Object.keys(kld)))];
  const references = [...new Set(subjects.map(({ reference }) => reference ?? 'reference'))];
  return {
    version: 1,
    id: 'run-1',
    title: 'Seedling',
    createdAt: 1_763_900_000_000,
    conditions: {
      contextSize: 256,
      llamaRelease: '0.5.0',
      backend: 'CPU',
      cpuVariant: 'haswell',
      gpuLayers: 0,
      threads: 1,
      machine: 'test machine',
      mode: 'full',
    },
    references: references.map((id) => buildSubject({ id, bytes: 16_000_000, kld: {} })),
    referenceOf: Object.fromEntries(
      subjects.map(({ id, reference }) => [id, reference ?? 'reference']),
    ),
    subjects: subjects.map(buildSubject),
    texts: texts.map((id) => ({
      id,
      title: id,
      paths: [`/texts/${id}.txt`],
      parseSpecial: false,
      sha256: id,
      bytes: 10_000,
      tokens: 3_000,
      chunks: 10,
      scoredTokens: 1_270,
    })),
    measurements: subjects.flatMap((subject) =>
      Object.entries(subject.kld).map(([text, kld]) => buildMeasurement(subject, text, kld)),
    ),
    speed: subjects.flatMap(({ id, peakRamBytes }) =>
      peakRamBytes === undefined ? [] : [speedOf(id, peakRamBytes)],
    ),
    tasks: [],
    tensors: [],
    matrix: [],
    notices: [],
  };
}

function buildSubject({ id, bytes, sha256 }: SubjectOfRun): Subject {
  return {
    id,
    label: id,
    form: 'stock',
    path: `/models/${id}.gguf`,
    adapters: [],
    sha256: sha256 ?? id,
    bytes,
    level: id,
    bitsPerWeight: (bytes * 8) / 4_196_608,
    architecture: 'llama',
    vocabularySize: 4096,
  };
}

function buildMeasurement(
  { id, sameTop = 0.9 }: SubjectOfRun,
  text: string,
  kld: readonly number[],
): Measurement {
  const mean = kld.reduce((sum, value) => sum + value, 0) / kld.length;
  const flat = (value: number) => kld.map(() => value);
  return {
    subject: id,
    text,
    scoredTokens: kld.length * 127,
    chunks: {
      nll: kld.map((value) => 4 + value),
      nllBase: flat(4),
      kld: [...kld],
      sameTop: flat(sameTop),
      deltaP: flat(-0.01),
      deltaPSquared: flat(0.001),
    },
    ppl: { value: Math.exp(4 + mean), error: 1 },
    pplBase: { value: Math.exp(4), error: 1 },
    lnPplRatio: { value: mean, error: mean / 20 },
    pplRatio: { value: Math.exp(mean), error: mean / 20 },
    lnPplCorrelation: 0.99,
    kld: {
      mean: { value: mean, error: mean / 20 },
      interval: { low: mean * 0.9, high: mean * 1.1 },
      samplingError: 0,
      percentiles: { max: mean * 20, '99.9': mean * 15, '99': mean * 8, median: mean / 2 },
    },
    deltaP: {
      mean: { value: -0.01, error: 0.001 },
      rms: { value: 0.03, error: 0.002 },
      percentiles: {},
    },
    sameTop: { value: sameTop, error: 0.005 },
    sameTopInterval: { low: sameTop - 0.01, high: sameTop + 0.01 },
  };
}

function speedOf(subject: string, peakRamBytes: number): Run['speed'][number] {
  const timing = (median: number) => ({ median, low: median * 0.95, high: median * 1.05 });
  return {
    subject,
    runs: 5,
    threads: 1,
    device: 'CPU',
    gpuLayers: 0,
    loadSeconds: timing(0.05),
    promptTokens: 512,
    promptTokensPerSecond: timing(4_000),
    generatedTokens: 128,
    generationTokensPerSecond: timing(700),
    firstTokenSeconds: timing(0.02),
    peakRamBytes,
  };
}

// How much each group matters, measured: only that group is quantized, everything else stays as it is, and the KLD of that
// model against the source is the group's own.
import { statfs } from 'node:fs/promises';
import { probeType, type Profile } from '#src/allocation/candidate-types.ts';
import type { LocalError } from '#src/allocation/local-error.ts';
import type { Probe } from '#src/allocation/sensitivity.ts';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import { elementCountOf } from '#src/model/model-view.ts';
import { makeOutputPlan, type OutputPlan } from '#src/stages/quantize/output-plan.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { meanKld, measureFiles, withTemporaryFiles, type Bench } from './measure-files.ts';
import type { AllocationModel } from './model-to-allocate.ts';

/** Probes that are written in one pass over the source, where the disk has room for them. */
const mostAtOnce = 8;

interface PlannedProbe {
  readonly group: string;
  readonly error: number;
  readonly plan: OutputPlan;
}

export interface ProbeOptions {
  readonly errors: ReadonlyMap<string, readonly LocalError[]>;
  readonly texts: readonly TextRequest[];
  /** Per text. */
  readonly chunks: number;
  readonly onProbed?: ((done: number, total: number) => void) | undefined;
}

/** One probe per group. Throws what writing and measuring throw. */
export async function probeGroups(
  model: AllocationModel,
  { errors, texts, chunks, onProbed }: ProbeOptions,
  bench: Bench,
): Promise<Probe[]> {
  const groups = [...new Set(model.tensors.map(({ group }) => group))];
  const planned = groups.map((group) => planProbe(model, group, errors));
  const probes: Probe[] = [];
  while (probes.length < planned.length) {
    const next = planned[probes.length]!;
    const batch = planned.slice(probes.length, probes.length + (await roomFor(next.plan)));
    const measured = await withTemporaryFiles(
      batch.map(({ plan }) => plan),
      bench,
      (files) =>
        measureFiles(
          files.map(({ plan, path }, index) => ({
            id: `probe-${probes.length + index}`,
            label: plan.label,
            form: 'hybrid',
            path,
          })),
          { texts, chunks },
          bench,
        ),
    );
    const first = probes.length;
    batch.forEach(({ group, error }, index) => {
      const { value } = meanKld(measured.get(`probe-${first + index}`) ?? []);
      probes.push({ group, error, kld: value });
    });
    onProbed?.(probes.length, planned.length);
  }
  return probes;
}

function planProbe(
  { view, tensors, profile }: AllocationModel,
  group: string,
  errors: ReadonlyMap<string, readonly LocalError[]>,
): PlannedProbe {
  const chosen = new Map<string, GgmlType>();
  let error = 0;
  for (const { source, group: own } of tensors) {
    if (own !== group) continue;
    const probed = probedError(errors.get(source.name) ?? [], profile);
    if (probed === undefined) continue;
    chosen.set(source.name, probed.type);
    error += elementCountOf(source.shape) * probed.error;
  }
  const weights = new Map(tensors.map(({ source, importance }) => [source.name, importance]));
  const plan = makeOutputPlan({
    label: `${group} as ${[...new Set(chosen.values())].join(', ')}`,
    metadata: view.metadata,
    tensors: view.tensors.map((source) => {
      const type = chosen.get(source.name);
      if (type === undefined) return { source, name: source.name, type: source.type };
      const importance = weights.get(source.name);
      const weighted = importance === undefined ? {} : { importance };
      return { source, name: source.name, type, ...weighted };
    }),
  });
  return { group, error, plan };
}

function probedError(errors: readonly LocalError[], profile: Profile): LocalError | undefined {
  const type = probeType(
    errors.map((error) => error.type),
    profile,
  );
  return errors.find((error) => error.type === type);
}

async function roomFor({ header }: OutputPlan): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(await temporaryFolder());
  if (blocks === 0) return 1;
  return Math.max(1, Math.min(mostAtOnce, Math.floor((bavail * bsize) / 2 / header.fileSize)));
}

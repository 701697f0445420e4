// Plans and takes the steps of a repair. The damaged file is only read; the repaired one gets its name after it was
// diagnosed again and nothing that was to be put right is still wrong.
import type { Diagnosis, DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import type { Finding } from '#src/contract/doctor/finding.ts';
import type {
  ApplyRepairParams,
  RepairedPart,
  RepairParams,
  RepairPlan,
  RepairReport,
  Trust,
} from '#src/contract/doctor/repair.ts';
import { adviceOf } from '#src/doctor/repair/describe-repair.ts';
import type { PlannedStep } from '#src/doctor/repair/means.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { rememberFileHash } from '#src/io/file-hash.ts';
import { findEvidence } from './find-evidence.ts';
import { layOutRepair } from './lay-out-repair.ts';
import { prepareRepair, type Preparation } from './prepare-repair.ts';
import type { RepairPorts } from './ports.ts';
import {
  announceReport,
  freeOutput,
  nameReport,
  refuseTakenOutput,
  reportPathOf,
  withdrawReport,
} from './repair-output.ts';
import { refuseChangedFile, writeRepaired, type RecoveredTensor, type WrittenRepair } from './write-repaired.ts'; // prettier-ignore

export interface RepairContext {
  readonly ports: RepairPorts;
  readonly emit: (event: DiagnosisEvent) => void;
  readonly signal: AbortSignal;
  /** Of the same file and comparison, made just before. */
  readonly diagnosis?: Diagnosis | undefined;
}

/** Writes no model. Throws what reading throws; what cannot be repaired is said in the plan. */
export async function planRepair(
  params: RepairParams,
  context: RepairContext,
): Promise<RepairPlan> {
  const preparation = await prepareRepair(params, context);
  try {
    const { diagnosis, planned } = preparation;
    return {
      path: params.path,
      output: await freeOutput(params.path),
      bytes: diagnosis.bytes,
      modified: diagnosis.modified,
      steps: planned.steps.map(({ step }) => step),
      left: [...planned.left],
      diagnosis,
    };
  } finally {
    await preparation.close();
  }
}

/**
 * Takes the named steps. Throws `repair/changed`, `repair/loss`, `repair/impossible`, `repair/failed` (the file is then kept
 * as `X.rejected`), `output/exists`, `output/is-input`, `build/locked`, and what reading and writing throw.
 */
export async function repairFile(
  params: ApplyRepairParams,
  context: RepairContext,
): Promise<RepairReport> {
  const { path, threads } = params;
  const { modified } = params;
  await refuseChangedFile(path, { bytes: undefined, modified });
  if (params.output !== undefined) await refuseTakenOutput(params.output, path);
  const { ports, signal, emit } = context;
  const preparation = await prepareRepair(params, { ...context, steps: params.steps, threads });
  try {
    const { diagnosis } = preparation;
    const { parts: files } = preparation.subject;
    const isWhole = files.length === 1;
    const refuseChanged = () => refuseChangedFile(path, { bytes: isWhole ? params.bytes : undefined, modified }); // prettier-ignore
    await refuseChanged();
    const chosen = chosenSteps(preparation, params.steps);
    const output = params.output ?? (await freeOutput(path));
    const compared = comparisonOf(params);
    let report: RepairReport | undefined;
    await write(preparation, chosen, output, {
      threads,
      ports,
      emit,
      signal,
      check: async (partial, written) => {
        await refuseChanged();
        const after = await ports.diagnose(partial, compared, { signal, emit: quietly(emit) });
        refuseUnsound(after, diagnosis, chosen);
        const evidence = hasTrust(written, 'derived')
          ? await findEvidence(
              preparation,
              written.recovered,
              () => ports.openDeriver(threads),
              signal,
            )
          : undefined;
        const parts = chosen.map((step) => partOf(step, written));
        const settled = { ...after, path: output };
        report = {
          path,
          output,
          sha256: written.sha256,
          bytes: written.bytes,
          report: reportPathOf(output),
          parts,
          before: diagnosis,
          after: settled,
          readBytes: written.readBytes,
          advice: adviceOf(parts, settled, evidence),
        };
        // Before the file has its name: no repaired file is ever without its report.
        await announceReport(report);
      },
    }).catch(async (error: unknown) => {
      if (report !== undefined) await withdrawReport(report);
      throw error;
    });
    invariant(report !== undefined, 'a file gets its name after it was checked');
    await nameReport(output);
    await rememberFileHash(output, report.sha256);
    const { bytes, sha256 } = report;
    emit({ event: 'artifact', path: output, bytes, sha256 });
    return report;
  } finally {
    await preparation.close();
  }
}

interface WriteContext {
  readonly threads: number | undefined;
  readonly ports: RepairPorts;
  readonly emit: (event: DiagnosisEvent) => void;
  readonly signal: AbortSignal;
  readonly check: (partialPath: string, written: WrittenRepair) => Promise<void>;
}

/** Something came back less sure than planned: the file has to say so, and is laid out again. */
class MarksChanged extends Error {
  constructor(readonly marks: readonly string[]) {
    super('Marks changed');
  }
}

async function write(
  preparation: Preparation,
  chosen: readonly PlannedStep[],
  output: string,
  { threads, ports, emit, signal, check }: WriteContext,
): Promise<WrittenRepair> {
  const actions = chosen.map(({ action }) => action);
  let marks: readonly string[] = plannedMarks(preparation, chosen);
  for (let attempt = 0; ; attempt++) {
    const layout = layOutRepair(preparation, actions, marks);
    try {
      return await writeRepaired(output, layout, {
        inputs: preparation.inputs,
        expected: preparation.expected,
        openDeriver: () => ports.openDeriver(threads),
        emit,
        signal,
        check,
        agree: (recovered) => {
          const found = marksOf(preparation, [...recovered.values()]);
          if (attempt === 0 && found.join('\n') !== marks.join('\n')) throw new MarksChanged(found);
        },
      });
    } catch (error) {
      if (!(error instanceof MarksChanged)) throw error;
      marks = error.marks;
    }
  }
}

/** What the file itself has to say of tensors that are not what its provenance promises, or that lost detail. */
function marksOf({ expected }: Preparation, recovered: readonly RecoveredTensor[]): string[] {
  return recovered.flatMap(({ name, trust, from }) =>
    trust === 'approximate' || (trust === 'derived' && expected.has(name))
      ? [`${name}: ${trust}, from ${from}`]
      : [],
  );
}

function plannedMarks(preparation: Preparation, chosen: readonly PlannedStep[]): string[] {
  const { expected } = preparation;
  return chosen.flatMap(({ action, step }) => {
    if (action.kind !== 'recover' || step.trust === 'exact') return [];
    return marksOf(
      { ...preparation, expected },
      [...action.tensors.keys()].map((name) => ({
        name,
        trust: step.trust,
        from: fromOf(preparation, name),
        sha256: '',
        rows: undefined,
        detail: undefined,
      })),
    );
  });
}

function fromOf(preparation: Preparation, name: string): string {
  const record = preparation.subject.tensors.find((tensor) => tensor.name === name);
  if (record?.type === undefined || record.byteLength === undefined) return '';
  const ways = preparation.ways({ ...record, type: record.type, byteLength: record.byteLength });
  return typeof ways === 'string' ? '' : (ways[0]?.from ?? '');
}

function chosenSteps({ planned }: Preparation, ids: readonly string[]): PlannedStep[] {
  for (const id of ids) {
    const found = planned.steps.find(({ step }) => step.id === id);
    if (found === undefined) {
      throw new StudioError('repair/impossible', `The plan has no step "${id}".`, {
        hint: 'Plan again: the file or what was found for it is not what it was.',
      });
    }
    if (found.step.impossible === undefined) continue;
    throw new StudioError('repair/impossible', `"${found.step.title}" cannot be done: ${found.step.impossible}`); // prettier-ignore
  }
  const chosen = planned.steps.filter(({ step }) => ids.includes(step.id));
  if (chosen.length > 0) return chosen;
  const [impossible] = planned.steps.filter(({ step }) => step.impossible !== undefined);
  throw new StudioError(
    'repair/impossible',
    impossible?.step.impossible ?? 'No step was chosen, so there is nothing to write.',
    { hint: 'Choose at least one step; "gguf-studio repair FILE --dry-run" lists them.' },
  );
}

/**
 * Throws `repair/failed` when something that a step was to put right is still wrong, or the structure is. What only shows
 * now, because the file could not be read so far before, is left for the next repair.
 */
function refuseUnsound(
  after: Diagnosis,
  before: Diagnosis,
  chosen: readonly PlannedStep[],
): void {
  const settled = new Set(
    chosen.filter(({ step }) => step.trust !== 'lost').flatMap(({ step }) => step.findings),
  );
  const lost = new Set(
    chosen.filter(({ step }) => step.trust === 'lost').flatMap(({ step }) => step.findings),
  );
  const wasThere = (finding: Finding, ids: ReadonlySet<string>) =>
    before.findings.some((old) => ids.has(old.id) && isSame(old, finding));
  const unchosen = new Set(before.findings.map(({ id }) => id).filter((id) => !settled.has(id)));
  const wrong = after.findings.find(
    (finding) =>
      finding.severity !== 'info' &&
      !wasThere(finding, lost) &&
      !wasThere(finding, unchosen) &&
      (wasThere(finding, settled) ||
        (finding.area === 'structure' && finding.severity === 'error')),
  );
  if (wrong === undefined) return;
  throw new StudioError('repair/failed', `After the repair something is still wrong: ${wrong.message}`, {
    hint: 'Nothing was replaced. Leave the step out (--without ID), or give another source.',
    details: { finding: wrong.code },
  });
} // prettier-ignore

/** The same thing about the same tensors and keys. */
function isSame(left: Finding, right: Finding): boolean {
  const shares = (mine: readonly string[], theirs: readonly string[]) =>
    mine.length === 0 ? theirs.length === 0 : mine.some((each) => theirs.includes(each));
  return (
    left.code === right.code && shares(right.tensors, left.tensors) && shares(right.keys, left.keys)
  );
}

function partOf({ step, action }: PlannedStep, { recovered }: WrittenRepair): RepairedPart {
  const common = { step: step.id, title: step.title };
  if (action.kind !== 'recover' && action.kind !== 'header')
    return { ...common, trust: step.trust };
  // With a new header, whatever is not where it puts it was brought back.
  const tensors =
    action.kind === 'header'
      ? [...recovered.values()]
      : [...action.tensors.keys()].flatMap((name) => recovered.get(name) ?? []);
  const [first] = tensors;
  const order: readonly Trust[] = ['lost', 'approximate', 'derived', 'exact'];
  const worst = order.find((trust) => tensors.some((each) => each.trust === trust)) ?? step.trust;
  const details = [...new Set(tensors.flatMap(({ detail }) => (detail === undefined || step.title.includes(detail) ? [] : [detail])))]; // prettier-ignore
  if (action.kind === 'header' && tensors.length > 0) details.unshift(`${tensors.length} tensors brought back: ${tensors.slice(0, 5).map(({ name }) => name).join(', ')}${tensors.length > 5 ? ', …' : ''}`); // prettier-ignore
  const rows = tensors.reduce((sum, each) => sum + (each.rows ?? 0), 0);
  if (rows > 0) details.unshift(rows === 1 ? 'one row' : `${rows} rows`);
  return {
    ...common,
    trust: worst,
    ...(tensors.length === 1 && first?.trust === 'exact' ? { sha256: first.sha256 } : {}),
    ...(details.length === 0 ? {} : { detail: details.join('; ') }),
  };
}

function hasTrust({ recovered }: WrittenRepair, trust: Trust): boolean {
  return [...recovered.values()].some((each) => each.trust === trust);
}

function comparisonOf({ source, sibling }: RepairParams) {
  return {
    ...(source === undefined ? {} : { source }),
    ...(sibling === undefined ? {} : { sibling }),
  };
}

/** The second diagnosis has a checklist of its own; its findings are not those of the damaged file. */
function quietly(emit: (event: DiagnosisEvent) => void): (event: DiagnosisEvent) => void {
  return (event) => {
    if (event.event === 'log') emit(event);
  };
}

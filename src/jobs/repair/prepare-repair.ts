// Gathers what a repair has to work with: the damaged file as far as it reads, its diagnosis, and everything that could bring
// parts of it back. Planning and repairing both start here, so that a plan's steps mean the same when they are taken.
import { basename } from 'node:path';
import type { Diagnosis, DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import type { RepairParams } from '#src/contract/doctor/repair.ts';
import { invariant } from '#src/errors/assert.ts';
import { listedMembers } from '#src/doctor/repair/listed-members.ts';
import type { Means } from '#src/doctor/repair/means.ts';
import { planSteps, tellsLostHeader, type PlannedSteps } from '#src/doctor/repair/plan-steps.ts';
import type { Subject } from '#src/doctor/subject.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import { usesImportance } from '#src/stages/quantize/importance.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { openJobFolder } from '../job-folder.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import { levels } from '#src/tensors/levels.ts';
import { levelRequests } from '../plan-outputs.ts';
import { openBase } from '../open-sources.ts';
import { collectAgain } from './collect-again.ts';
import { findAdapter, membersOfRecipe, type FoundAdapter } from './find-adapters.ts';
import { openContentFinder } from './find-content.ts';
import { copiesIn, openNearbyFiles } from './nearby-files.ts';
import { openDamaged } from './open-damaged.ts';
import type { RepairPorts } from './ports.ts';
import { openGivenSource, openRecipeReference, type Reference, type ReferenceContext } from './reference.ts'; // prettier-ignore
import { targetOf, waysOf, type RecoveryWay, type TargetTensor } from './tensor-ways.ts';

export interface Preparation {
  readonly path: string;
  readonly subject: Subject;
  readonly diagnosis: Diagnosis;
  /** SHA-256 that each tensor had when the file was built. */
  readonly expected: ReadonlyMap<string, string>;
  readonly references: readonly Reference[];
  /** What the bundle lists, whether or not it is there. */
  readonly members: readonly PlacedMember[];
  /** By `domain/name` of a damaged or missing member. */
  readonly adapters: ReadonlyMap<string, FoundAdapter | string>;
  /** The header as the file's recipe gives it, where the file's own is broken. */
  readonly built: OutputPlan | undefined;
  readonly keyOrder: readonly string[];
  readonly planned: PlannedSteps;
  /** Every file that is read; the output must be none of them. */
  readonly inputs: readonly string[];
  ways(tensor: TargetTensor): RecoveryWay[] | string;
  close(): Promise<void>;
}

export interface PrepareContext {
  readonly ports: RepairPorts;
  readonly emit: (event: DiagnosisEvent) => void;
  readonly signal: AbortSignal;
  /** The steps that are taken; absent while only a plan is made. */
  readonly steps?: readonly string[];
  readonly threads?: number | undefined;
  /** Taken instead of diagnosing once more. */
  readonly diagnosis?: Diagnosis | undefined;
}

/** Diagnoses, and finds what can help. Throws what reading throws; what cannot be found is a reason in the plan. */
export async function prepareRepair(
  params: RepairParams,
  { ports, emit, signal, diagnosis: known, steps = [], threads }: PrepareContext,
): Promise<Preparation> {
  const { path, source, sibling, folders = [] } = params;
  const compared = {
    ...(source === undefined ? {} : { source }),
    ...(sibling === undefined ? {} : { sibling }),
  };
  const diagnosis = known ?? (await ports.diagnose(path, compared, { signal, emit }));
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const each of closing.splice(0).reverse()) await each();
  };
  try {
    const opened = await openDamaged(path, folders);
    closing.push(() => opened.close());
    const { subject } = opened;
    emit({ event: 'phase', phase: 'Looking for sources', detail: path });
    const quiet = (event: DiagnosisEvent) => {
      if (event.event === 'log') emit(event);
    };
    const finder = openContentFinder(path, folders, signal);
    const folder = openJobFolder(false);
    closing.push(() => folder.close());
    const derives = steps.some((id) => id === 'header' || id.startsWith('recover:'));
    const again = { ports: ports.factory, folder, threads, emit, signal };
    const collect: ReferenceContext['collect'] =
      derives && mayNeedMatrix(diagnosis, subject)
        ? (node, texts, model, sources) => collectAgain(node, texts, model, sources, again)
        : undefined;
    const context = { finder, emit: quiet, signal, collect };
    const provenance = readProvenance(subject.metadata);
    const references: Reference[] = [];
    let reason = 'The file does not say what it was made from';
    if (provenance !== undefined && needsSource(diagnosis, subject)) {
      const found = await openRecipeReference(provenance, path, source, context);
      if (typeof found === 'string') reason = found.replace(/\.$/, '');
      else references.push(found);
    }
    if (source !== undefined) references.push(await openGivenSource(source, subject.metadata, context)); // prettier-ignore
    closing.push(() => Promise.all(references.map((reference) => reference.close())));
    const level = sibling === undefined ? undefined : await openLevel(sibling, signal);
    if (level !== undefined) closing.push(() => level.view.close());

    const recipe = references.find(({ kind }) => kind === 'recipe');
    const isLost = isBroken(subject, diagnosis);
    const isPlanned = isLost || isUnlikeArchitecture(subject, diagnosis.findings);
    const [first] = references;
    const built =
      isPlanned && recipe !== undefined
        ? await planAsBuilt(recipe, ports)
        : isPlanned && first !== undefined && !areRecordsWhole(subject)
          ? await planFromSource(first, subject, ports)
          : undefined;
    const isHeaderBroken = isLost || built !== undefined;
    const expected = expectedHashes(subject, built, diagnosis);
    const hashCount = provenance?.tensorHashes.length ?? 0;
    const nearby = await openNearbyFiles(path, sibling === undefined ? [] : [sibling], finder);
    closing.push(() => Promise.all(nearby.map((file) => file.close())));
    const copies = expected.size === 0 ? new Map<never, never>() : copiesIn(nearby, expected);

    const places = {
      own: { source: subject.source, end: endOfTensors(subject) },
      nearby,
      finder,
      reference: recipe,
      folder,
      ports: ports.factory,
      emit: quiet,
      signal,
    };
    const adapters = new Map<string, FoundAdapter | string>();
    const wanted = new Set(
      diagnosis.findings.flatMap(({ fix }) => (fix?.kind === 'restore-adapters' ? fix.names : [])),
    );
    const listed = listedMembers(subject.metadata);
    const isListLost = listed.length === 0 && diagnosis.findings.some(({ code }) => code === 'bundle/list'); // prettier-ignore
    const members = isListLost ? await membersOfRecipe(places) : listed;
    for (const member of members) {
      if (!isListLost && !wanted.has(member.name) && !wanted.has(memberId(member))) continue;
      const found = await findAdapter(member, places);
      adapters.set(memberId(member), found);
      if (typeof found !== 'string') closing.push(() => found.close());
    }

    const waySources = { expected, copies, references, sibling: level, reason };
    const known = new Map<string, RecoveryWay[] | string>();
    const ways = (tensor: TargetTensor) => {
      const found = known.get(tensor.name) ?? waysOf(tensor, waySources);
      known.set(tensor.name, found);
      return found;
    };
    const targets = targetTensors(subject, built);
    const keyOrder = recipe?.keyOrder ?? references[0]?.keyOrder ?? level?.view.metadata.map(({ key }) => key) ?? []; // prettier-ignore
    const means: Means = {
      metadata: subject.metadata,
      keyOrder,
      tensor: (name) => {
        const target = targets.get(name);
        if (target === undefined) return 'its record cannot be read';
        const found = ways(target);
        return typeof found === 'string' ? found : (found[0] ?? reason);
      },
      present: (name) => {
        const tensor = subject.tensors.find((each) => each.name === name);
        return tensor?.byteLength === undefined
          ? undefined
          : { present: tensor.present, all: tensor.byteLength };
      },
      adapter: (name) => {
        const member = members.find((each) => each.name === name || memberId(each) === name);
        const found = member && adapters.get(memberId(member));
        if (member === undefined || found === undefined) return 'the list of adapters cannot be read';
        return typeof found === 'string' ? found : { from: found.from, bytes: member.size };
      }, // prettier-ignore
      parts: joinable(subject),
      header: built === undefined ? `${reason}, so the header cannot be made again` : { from: basename(recipe?.label ?? source ?? ''), trust: recipe === undefined || expected.size === 0 ? 'derived' : 'exact', note: recipe?.pending }, // prettier-ignore
      isHeaderBroken,
      wereAdded: (names) => hashCount > 0 && hashCount === subject.tensors.length - names.length,
      lostEntries: subject.parts.reduce((sum, { survey }) => sum + Math.max(0, survey.claimed.entries - survey.entries.length), 0), // prettier-ignore
      isRecordsWhole: areRecordsWhole(subject),
    };
    return {
      path,
      subject,
      diagnosis,
      expected,
      references,
      members,
      adapters,
      built,
      keyOrder,
      planned: planSteps(diagnosis.findings, means),
      inputs: [
        path,
        ...references.flatMap((reference) => reference.inputs),
        ...nearby.map((file) => file.path),
        ...[...adapters.values()].flatMap((found) => (typeof found === 'string' ? [] : [found.path])),
      ], // prettier-ignore
      ways,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export function memberId({ domain, name }: PlacedMember): string {
  return `${domain}/${name}`;
}

/** The tensors that the repaired file has, by name. */
export function targetTensors(
  subject: Subject,
  built: OutputPlan | undefined,
): ReadonlyMap<string, TargetTensor> {
  if (built !== undefined) return new Map(built.header.tensors.map((tensor) => [tensor.name, tensor])); // prettier-ignore
  return new Map(
    subject.tensors.flatMap((tensor) => {
      const target = targetOf(tensor);
      return target === undefined ? [] : [[tensor.name, target] as const];
    }),
  );
}

/** Without damage to tensors, adapters or the header nothing has to be looked for. */
function needsSource({ findings }: Diagnosis, subject: Subject): boolean {
  const kinds = ['recover-tensors', 'restore-adapters', 'set-metadata'];
  return !subject.complete || findings.some(({ fix }) => fix !== undefined && kinds.includes(fix.kind)) || isBroken(subject, { findings }); // prettier-ignore
}

/** Something that is brought back may be of a type that is rounded by weights. */
function mayNeedMatrix({ findings }: Diagnosis, subject: Subject): boolean {
  const names = new Set(findings.flatMap(({ fix }) => (fix?.kind === 'recover-tensors' ? fix.tensors.map(({ name }) => name) : []))); // prettier-ignore
  if (isBroken(subject, { findings }) || isUnlikeArchitecture(subject, findings)) return true;
  return subject.tensors.some(({ name, type }) => names.has(name) && type !== undefined && usesImportance(type)); // prettier-ignore
}

/** Something of the header is lost: reading it once more and writing it anew would not bring that back. */
function isBroken(subject: Subject, { findings }: Pick<Diagnosis, 'findings'>): boolean {
  if (findings.some(tellsLostHeader)) return true;
  if (subject.tensors.some((tensor) => targetOf(tensor) === undefined)) return true;
  // A tensor that no record names can only come from the recipe's own list.
  const names = new Set(subject.tensors.map(({ name }) => name));
  return findings.some(
    ({ fix }) => fix?.kind === 'recover-tensors' && fix.tensors.some(({ name }) => !names.has(name)),
  );
} // prettier-ignore

/** Sound to read, but not what the model is: a shape that no such model has, or parts of a split that are not there. */
function isUnlikeArchitecture({ complete }: Subject, findings: Diagnosis['findings']): boolean {
  return !complete || findings.some(({ code }) => code === 'metadata/tensor-shape');
}

function areRecordsWhole({ parts, tensors }: Subject): boolean {
  return (
    tensors.every((tensor) => targetOf(tensor) !== undefined && tensor.data !== undefined) &&
    parts.every(({ survey, layout }) => survey.headerEnd !== undefined && layout?.kind !== 'unclear' && layout?.kind !== 'shape' && survey.faults.every(({ kind }) => kind !== 'tensor')) // prettier-ignore
  );
}

/** Behind the last byte of any tensor. */
function endOfTensors({ tensors, source }: Subject): number {
  return tensors.reduce(
    (end, { data, part }) =>
      part.source === source && data !== undefined ? Math.max(end, data.offset + data.size) : end,
    0,
  );
}

function expectedHashes(
  subject: Subject,
  built: OutputPlan | undefined,
  { findings }: Diagnosis,
): Map<string, string> {
  const hashes = readProvenance(subject.metadata)?.tensorHashes ?? [];
  const unexpected = new Set(findings.flatMap(({ code, tensors }) => (code === 'metadata/tensor-unexpected' ? tensors : []))); // prettier-ignore
  const all = (built?.header.tensors ?? subject.tensors).map(({ name }) => name);
  const names = hashes.length === all.length ? all : all.filter((name) => !unexpected.has(name));
  if (hashes.length !== names.length) return new Map();
  return new Map(
    names.flatMap((name, index) => {
      const sha256 = hashes[index] ?? '';
      return /^[0-9a-f]{64}$/.test(sha256) ? [[name, sha256] as const] : [];
    }),
  );
}

/** The file's level as llama.cpp plans it for the recipe: records, order and metadata as they were. */
async function planAsBuilt(
  { pass, output, view, importanceSource }: Reference,
  { factory }: RepairPorts,
): Promise<OutputPlan | undefined> {
  if (pass === undefined || output === undefined) return undefined;
  try {
    const requests = levelRequests([output.level], pass.quantize, importanceSource);
    const [plan] = await factory.plan(view, requests);
    invariant(plan !== undefined, 'one plan for one level');
    return plan;
  } catch (error) {
    if (!(error instanceof StudioError) || isAbort(error)) throw error;
    return undefined;
  }
}

/** The level that the file says it is, planned from a given source; only when it agrees with every record that was read. */
async function planFromSource(
  { view }: Reference,
  subject: Subject,
  { factory }: RepairPorts,
): Promise<OutputPlan | undefined> {
  const fileType = entryNumber(subject.metadata, 'general.file_type');
  const level = Object.entries(levels).find(([, each]) => each.fileType === fileType)?.[0];
  if (level === undefined) return undefined;
  try {
    const [plan] = await factory.plan(view, [{ level: level as keyof typeof levels, options: { allowRequantize: true } }]); // prettier-ignore
    const planned = new Map(plan?.header.tensors.map((tensor) => [tensor.name, tensor]));
    const names = new Set(planned.keys());
    const agrees = subject.tensors.every((tensor) => {
      const other = planned.get(tensor.name);
      const isWrong = tensor.data === undefined || tensor.byteLength !== tensor.data.size;
      return other !== undefined && (isWrong || (other.type === tensor.type && other.byteLength === tensor.byteLength)); // prettier-ignore
    });
    return agrees && subject.tensors.length * 2 > names.size ? plan : undefined;
  } catch (error) {
    if (!(error instanceof StudioError) || isAbort(error)) throw error;
    return undefined;
  }
}

async function openLevel(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly view: ModelView; readonly path: string }> {
  const { content } = await openBase(path, { signal });
  return { view: content, path };
}

function joinable(subject: Subject): readonly string[] | string {
  if (!subject.complete) return 'a part is missing, and it is nowhere near: fetch it into the same folder';
  return subject.parts.map(({ fileName }) => fileName);
} // prettier-ignore

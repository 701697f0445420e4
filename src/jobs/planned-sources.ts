// The sources of a recipe as planning sees them: located, opened by their headers, described in a few facts. A hash is
// only taken over from memory, because planning must not read gigabytes; a source that is small is hashed at once.
import { invariant } from '#src/errors/assert.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import { hashSourceFiles, knownSourceHash, type SourceFile } from '#src/io/source-hash.ts';
import { elementCountOf, type ModelView } from '#src/model/model-view.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { openImportance } from './open-model.ts';
import { openAdapter, openBase } from './open-sources.ts';
import { checkPin, locateSource, type RecipeSource } from './recipe-sources.ts';
import type { SourceNode } from './used-sources.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface PlannedSource {
  readonly located: Omit<RecipeSource, 'sha256'>;
  /** Undefined when it would have to be read first. */
  readonly sha256: string | undefined;
  readonly bytes: number;
  readonly facts: readonly Fact[];
  readonly base?: ModelView;
  readonly adapter?: LoraAdapter;
  readonly importance?: Importance;
}

export interface PlannedSources {
  readonly sound: ReadonlyMap<string, PlannedSource>;
  readonly broken: ReadonlyMap<string, StudioError>;
  close(): Promise<void>;
}

/** Reading this much takes a blink; more is left to the build. */
const hashedAtOnce = 64 * 1024 * 1024;
/** Stands for a hash that is not known: as long as any, so that sizes are right. */
export const unknownHash = '0'.repeat(64);

/** Opens every source. Those that cannot be used are in `broken`, with the reason. The caller closes the result. */
export async function openPlannedSources(
  nodes: readonly SourceNode[],
  folder: string,
  emit: EventSink,
  signal: AbortSignal,
): Promise<PlannedSources> {
  const sound = new Map<string, PlannedSource>();
  const broken = new Map<string, StudioError>();
  const close = async () => {
    await Promise.all(
      [...sound.values()].map(async ({ base, adapter }) => {
        await base?.close();
        await adapter?.close();
      }),
    );
  };
  const opening = await Promise.allSettled(
    nodes.map(async (node) => {
      try {
        sound.set(node.id, await openSource(node, folder, emit, signal));
      } catch (error) {
        if (!(error instanceof StudioError) || error.kind === 'cancelled') throw error;
        broken.set(node.id, error);
      }
    }),
  );
  for (const each of opening) {
    if (each.status === 'fulfilled') continue;
    // The window cancels a plan with each edit: what the others opened meanwhile has no other owner.
    await close();
    throw each.reason;
  }
  return { sound, broken, close };
}

/** As a build hands them on; a hash that is not known is a placeholder. */
export function asRecipeSources(
  sources: ReadonlyMap<string, PlannedSource>,
): ReadonlyMap<string, RecipeSource> {
  return new Map(
    [...sources].map(([id, { located, sha256 }]) => [
      id,
      { ...located, sha256: sha256 ?? unknownHash },
    ]),
  );
}

async function openSource(
  node: SourceNode,
  folder: string,
  emit: EventSink,
  signal: AbortSignal,
): Promise<PlannedSource> {
  const located = await locateSource(node, folder);
  const { files, path } = located;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const sha256 = await hashIfQuick(files, bytes, signal);
  if (sha256 !== undefined) checkPin(node, path, sha256);
  const common = { located, sha256, bytes };
  switch (node.kind) {
    case 'base': {
      const { content: base, notices } = await openBase(path, { pre: node.preTokenizer, signal });
      return closeOnFailure(base, () => {
        for (const message of notices) emit({ event: 'notice', level: 'warning', message });
        return { ...common, base, facts: baseFacts(base, bytes) };
      });
    }
    case 'adapter': {
      const { content: adapter } = await openAdapter(path);
      return closeOnFailure(adapter, () => ({
        ...common,
        adapter,
        facts: adapterFacts(adapter, bytes),
      }));
    }
    case 'imatrix': {
      // What a build collects is no file yet: plan-matrices.ts tells of it.
      const importance = await openImportance(node, { ...located, sha256: unknownHash }, emit);
      return { ...common, importance, facts: importanceFacts(importance, bytes) };
    }
  }
}

async function closeOnFailure<Result>(
  opened: { close(): Promise<void> },
  use: () => Result,
): Promise<Result> {
  try {
    return use();
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function hashIfQuick(
  files: readonly SourceFile[],
  bytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = await knownSourceHash(files);
  return known ?? (bytes <= hashedAtOnce ? hashSourceFiles(files, { signal }) : undefined);
}

function baseFacts(base: ModelView, bytes: number): Fact[] {
  const weights = base.tensors.reduce((sum, { shape }) => sum + elementCountOf(shape), 0);
  return [
    { name: 'architecture', value: base.architecture },
    { name: 'parameters', value: formatParameters(weights) },
    { name: 'source', value: `${mainType(base)} · ${formatBytes(bytes)}` },
  ];
}

function adapterFacts(adapter: LoraAdapter, bytes: number): Fact[] {
  const ranks = [...new Set(adapter.modules.map(({ rank }) => rank))].sort((a, b) => a - b);
  const rank = ranks.length > 1 ? `${ranks[0] ?? 0}–${ranks.at(-1) ?? 0}` : String(ranks[0] ?? 0);
  return [
    { name: 'rank', value: `${rank} · α ${Number(adapter.alpha.toPrecision(6))}` },
    { name: 'tensors', value: formatCount(adapter.modules.length + adapter.savedTensors.length) },
    { name: 'size', value: formatBytes(bytes) },
  ];
}

function importanceFacts({ chunkCount, weights }: Importance, bytes: number): Fact[] {
  return [
    { name: 'chunks', value: chunkCount === 0 ? 'unknown' : formatCount(chunkCount) },
    { name: 'entries', value: formatCount(weights.size) },
    { name: 'size', value: formatBytes(bytes) },
  ];
}

/** The type that most weights have. */
function mainType({ tensors }: ModelView): string {
  const counts = new Map<string, number>();
  for (const { type, shape } of tensors)
    counts.set(type, (counts.get(type) ?? 0) + elementCountOf(shape));
  const [first] = [...counts].sort(([, left], [, right]) => right - left);
  invariant(first !== undefined, 'a model has tensors');
  return first[0];
}

/** `4.20 M`, `8.03 B`: three digits, as model names have them. */
function formatParameters(count: number): string {
  for (const [size, unit] of [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'K']] as const) {
    if (count >= size) return `${(count / size).toPrecision(3)} ${unit}`;
  } // prettier-ignore
  return String(count);
}

// Where the chunks of one measurement lie: in the store of the app's own folder under keys of everything that decides them,
// or in memory for measurements that nobody wants to have kept (probes).
import type { PositionScores, ReferenceChunk } from '#src/evaluation/position-scores.ts';
import type { ReferenceSize } from '#src/evaluation/reference/reference-size.ts';
import { scoredPerChunk } from '#src/evaluation/chunk-plan.ts';
import { openKeptChunks, type KeptChunks } from '#src/io/measurement-store.ts';
import { decodeReference, decodeScores, encodeReference, encodeScores } from './chunk-codec.ts';
import type { MeasuredModel } from './measured-model.ts';
import type { MeasuringBackend } from './measuring-backend.ts';
import type { TokenizedText } from './read-text.ts';

export interface Shelf<Chunk> {
  read(index: number): Promise<Chunk | undefined>;
  write(index: number, chunk: Chunk): Promise<void>;
  /** Bytes on the disk, or in memory, of the chunks below `count`. */
  bytes(count: number): Promise<number>;
  readonly damaged: number;
}

export interface ShelfConditions {
  readonly contextSize: number;
  readonly gpuLayers: number;
  readonly backend: MeasuringBackend;
  readonly referenceSize: ReferenceSize;
  readonly mode: 'reference' | 'full';
  /** Decides which tokens of the tail are drawn. */
  readonly seed: number;
  /** Keep chunks for later measurements. */
  readonly keep: boolean;
}

/** Raised when the bytes of a chunk get another form or meaning. */
const version = 1;

export async function referenceShelf(
  reference: MeasuredModel,
  text: TokenizedText,
  conditions: ShelfConditions,
): Promise<Shelf<readonly ReferenceChunk[]>> {
  if (!conditions.keep) return memoryShelf(encodeReference, decodeReference);
  const kept = await openKeptChunks('reference', referenceKey(reference, text, conditions));
  return keptShelf(kept, encodeReference, decodeReference);
}

export async function scoresShelf(
  subject: MeasuredModel,
  reference: MeasuredModel,
  text: TokenizedText,
  conditions: ShelfConditions,
): Promise<Shelf<PositionScores>> {
  const count = scoredPerChunk(conditions.contextSize);
  const decode = (bytes: Uint8Array) => decodeScores(bytes, count);
  if (!conditions.keep) return memoryShelf(encodeScores, decode);
  const kept = await openKeptChunks('scores', {
    subject: identityOf(subject),
    mode: conditions.mode,
    reference: referenceKey(reference, text, conditions),
  });
  return keptShelf(kept, encodeScores, decode);
}

function referenceKey(
  reference: MeasuredModel,
  { measured: { sha256, parseSpecial } }: TokenizedText,
  { contextSize, gpuLayers, backend, referenceSize, seed }: ShelfConditions,
): object {
  return {
    version,
    model: identityOf(reference),
    text: { sha256, parseSpecial },
    contextSize,
    computed: {
      backend: backend.backend,
      cpuVariant: backend.cpuVariant,
      llamaRelease: backend.llamaRelease,
      gpuLayers,
    },
    kept: { ...referenceSize, seed },
  };
}

/** What a file is, wherever it lies and whatever it is called. */
function identityOf({ subject, adapters }: MeasuredModel): object {
  return {
    sha256: subject.sha256,
    adapters: adapters.map(({ sha256, scale }) => ({ sha256, scale })),
  };
}

function keptShelf<Chunk>(
  kept: KeptChunks,
  encode: (chunk: Chunk) => Uint8Array,
  decode: (bytes: Uint8Array) => Chunk | undefined,
): Shelf<Chunk> {
  return {
    async read(index) {
      const bytes = await kept.read(index);
      return bytes === undefined ? undefined : decode(bytes);
    },
    async write(index, chunk) {
      await kept.write(index, encode(chunk));
    },
    async bytes(count) {
      let sum = 0;
      for (const [index, size] of await kept.sizes()) if (index < count) sum += size;
      return sum;
    },
    get damaged() {
      return kept.damaged;
    },
  };
}

/** Encoded all the same: a reference is ten times larger as objects. */
function memoryShelf<Chunk>(
  encode: (chunk: Chunk) => Uint8Array,
  decode: (bytes: Uint8Array) => Chunk | undefined,
): Shelf<Chunk> {
  const chunks = new Map<number, Uint8Array>();
  return {
    read(index) {
      const bytes = chunks.get(index);
      return Promise.resolve(bytes === undefined ? undefined : decode(bytes));
    },
    write(index, chunk) {
      chunks.set(index, encode(chunk));
      return Promise.resolve();
    },
    bytes: () =>
      Promise.resolve([...chunks.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)),
    damaged: 0,
  };
}

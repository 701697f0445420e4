// Writes a repaired file: what is sound is copied, what is damaged is made again, and every tensor is hashed on its way, so
// that "exact" is said of nothing that was not proven. Through the same partial file and lock as every output; a run that
// was killed leaves nothing but that partial file.
import { createHash, randomUUID, type Hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Trust } from '#src/contract/doctor/repair.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { RowRange } from '#src/doctor/repair/means.ts';
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import { readAlignment } from '#src/formats/gguf/check-layout.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import { checkDiskSpace } from '#src/io/disk-space.ts';
import { OutputFile } from '#src/io/output-file.ts';
import { hashSourceFiles } from '#src/io/source-hash.ts';
import { checkNotInput } from '#src/io/same-file.ts';
import { rowCountOf } from '#src/model/model-view.ts';
import { provenanceKeys, tensorHashEntry } from '#src/stages/package/provenance.ts';
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import type { LaidOutTensor, RepairLayout } from './lay-out-repair.ts';
import type { RowDeriver } from './ports.ts';
import type { Reference } from './reference.ts';
import type { RecoveryWay } from './tensor-ways.ts';

/** How one tensor came back. */
export interface RecoveredTensor {
  readonly name: string;
  readonly trust: Trust;
  readonly sha256: string;
  readonly from: string;
  /** Only these many rows were computed. */
  readonly rows: number | undefined;
  readonly detail: string | undefined;
}

export interface WrittenRepair {
  readonly sha256: string;
  readonly bytes: number;
  readonly readBytes: number;
  readonly recovered: ReadonlyMap<string, RecoveredTensor>;
}

export interface WriteRepairOptions {
  readonly inputs: readonly string[];
  readonly expected: ReadonlyMap<string, string>;
  readonly openDeriver: () => RowDeriver;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  /**
   * Told how every tensor came back, before the header is written: a layout that does not say so is given up by throwing.
   */
  readonly agree: (recovered: ReadonlyMap<string, RecoveredTensor>) => void;
  /** Looks at the finished partial file; an error of it keeps the file as `X.rejected`. */
  readonly check: (partialPath: string, written: WrittenRepair) => Promise<void>;
}

/** Rows of a tensor that come out as the file has them, or not. */
interface RowComparison {
  /** Known to be damaged. */
  readonly rows: readonly RowRange[];
  equal: number;
  other: number;
}

interface Attempt {
  readonly way: RecoveryWay;
  readonly sha256: string;
  readonly rows: number | undefined;
  readonly detail?: string | undefined;
}

const stepBytes = 4 << 20;

/** Throws `output/is-input`, `output/exists`, `build/locked`, `repair/failed`, and what reading and writing throw. */
export async function writeRepaired(
  path: string,
  layout: RepairLayout,
  options: WriteRepairOptions,
): Promise<WrittenRepair> {
  const { signal, emit, inputs } = options;
  await checkNotInput([path, `${path}.partial`], inputs);
  await checkDiskSpace([{ path, bytes: layout.fileSize }]);
  // Never gone on with: what was found out about the damaged file may have changed since.
  const file = await OutputFile.open(path, { plan: randomUUID(), size: layout.fileSize, overwrite: false }); // prettier-ignore
  const writer = new RepairWriter(file, layout, options);
  let isRejected = false;
  try {
    emit({ event: 'phase', phase: 'Writing', detail: path });
    await file.write(headerBytes(layout, layout.header.bytes), 0);
    for (const [index, tensor] of layout.tensors.entries()) {
      signal.throwIfAborted();
      await writer.tensor(tensor, layout.header.dataOffset + (layout.header.tensors[index]?.offset ?? 0)); // prettier-ignore
    }
    for (const { source, from, size, offset } of layout.members) await writer.copy(source, from, size, offset); // prettier-ignore
    if (layout.tail !== undefined) {
      const { source, offset, size } = layout.tail;
      await writer.copy(source, offset, size, layout.header.fileSize);
    }
    options.agree(writer.recovered);
    if (layout.fillsHashes) await file.write(headerWithHashes(layout, writer.hashes), 0);
    const sha256 = await file.hash(signal);
    const { readBytes, recovered } = writer;
    const written: WrittenRepair = { sha256, bytes: layout.fileSize, readBytes, recovered };
    emit({ event: 'phase', phase: 'Checking', detail: path });
    try {
      await options.check(file.partialPath, written);
    } catch (error) {
      isRejected = error instanceof StudioError && error.kind === 'check';
      throw error;
    }
    signal.throwIfAborted();
    await file.finish();
    return written;
  } catch (error) {
    if (!isRejected) {
      await file.abandon(false);
      throw error;
    }
    const rejected = await file.reject();
    const { code, message, hint, details } = error as StudioError;
    throw new StudioError(code, `${message} The file was kept as ${rejected}.`, {
      ...(hint === undefined ? {} : { hint }),
      details: { ...details, rejected },
      cause: error,
    });
  } finally {
    await writer.close();
  }
}

class RepairWriter {
  readonly recovered = new Map<string, RecoveredTensor>();
  /** In the order of the tensors. */
  readonly hashes: string[] = [];
  readBytes = 0;
  private done = 0;
  private deriver: RowDeriver | undefined;
  private readonly wrong = new Map<Reference, Promise<string | undefined>>();

  constructor(
    private readonly file: OutputFile,
    private readonly layout: RepairLayout,
    private readonly options: WriteRepairOptions,
  ) {}

  async copy(source: ByteSource, from: number, size: number, at: number, hash?: Hash): Promise<void> {
    const buffer = new Uint8Array(Math.min(stepBytes, size));
    for (let offset = 0; offset < size; offset += stepBytes) {
      this.options.signal.throwIfAborted();
      const piece = buffer.subarray(0, Math.min(stepBytes, size - offset));
      await source.readInto(piece, from + offset);
      hash?.update(piece);
      await this.file.write(piece, at + offset);
      this.progress(piece.length);
    }
    this.readBytes += size;
  } // prettier-ignore

  /** Writes a tensor the first way that gives what it promises. */
  async tensor(tensor: LaidOutTensor, at: number): Promise<void> {
    const { target, kept, rows } = tensor;
    const expected = this.options.expected.get(target.name);
    if (rows === undefined) {
      for (const place of kept) {
        const sha256 = await this.keep(place, target.byteLength, at);
        if (place.mustBe !== undefined && place.mustBe !== sha256) continue;
        this.hashes.push(sha256);
        return;
      }
    }
    const last = await this.bringBack(tensor, at);
    this.hashes.push(last.sha256);
    const isExact = last.sha256 === expected;
    this.recovered.set(target.name, {
      name: target.name,
      trust: isExact ? 'exact' : last.way.trust === 'exact' ? 'derived' : last.way.trust,
      sha256: last.sha256,
      from: last.way.from,
      rows: last.rows,
      detail:
        expected === undefined ||
        isExact ||
        last.way.trust === 'approximate' ||
        last.way.note !== undefined
          ? (last.detail ?? last.way.note)
          : 'its hash is not the one of the build: made from another source, or rounded by another processor',
    });
  }

  /** The first way whose bytes have the hash of the build; without one, the best of what is left. */
  private async bringBack({ target, kept, rows, ways }: LaidOutTensor, at: number): Promise<Attempt> {
    const expected = this.options.expected.get(target.name);
    const best = ways.find(({ kind }) => kind === 'derive');
    let last: Attempt | undefined;
    let refusal: StudioError | undefined;
    for (const way of ways) {
      // Another level cannot have the hash; it is what is left when there is nothing else.
      if (way.trust === 'approximate' && last !== undefined) break;
      if (expected === undefined && rows !== undefined && way.kind === 'derive' && way.trust === 'derived') {
        // No hash tells whether there is more damage than was found; rows that come out otherwise do.
        const compared: RowComparison = { rows, equal: 0, other: 0 };
        const sha256 = await this.recover({ target, kept }, way, undefined, at, compared);
        const { equal, other } = compared;
        if (equal > other) {
          const detail = other === 0 ? undefined : `${other} more rows differed from the source, too`;
          return { way, sha256, rows: undefined, detail };
        }
      } // prettier-ignore
      // The damaged rows alone first; where the hash tells that there is more damage, the whole tensor.
      const parts = rows === undefined ? [undefined] : [rows, undefined];
      for (const part of parts) {
        const sha256 = await this.recover({ target, kept }, way, part, at);
        const rowCount = part?.reduce((sum, { count }) => sum + count, 0);
        last = { way, sha256, rows: way.kind === 'copy' ? undefined : rowCount };
        if (expected === undefined || sha256 === expected) return last;
        if (way.trust === 'approximate') return last;
      }
      const wrong = await this.wrongSource(target.name, way);
      refusal ??= wrong;
      if (wrong !== undefined || way.kind === 'copy') last = undefined;
      else break;
    }
    if (last !== undefined) return last;
    if (refusal !== undefined) throw refusal;
    if (best !== undefined) return { way: best, sha256: await this.recover({ target, kept }, best, undefined, at), rows: undefined }; // prettier-ignore
    throw new StudioError('repair/impossible', `Nothing brings the tensor ${target.name} back.`, {
      hint: 'Give a source (--source, --sibling, --look-in).',
    });
  } // prettier-ignore

  async close(): Promise<void> {
    await this.deriver?.close();
  }

  private async keep(
    { source, offset }: LaidOutTensor['kept'][number],
    size: number,
    at: number,
  ): Promise<string> {
    const hash = createHash('sha256');
    await this.copy(source, offset, size, at, hash);
    return hash.digest('hex');
  }

  private async recover(
    { target, kept }: Pick<LaidOutTensor, 'target' | 'kept'>,
    way: RecoveryWay,
    rows: LaidOutTensor['rows'],
    at: number,
    compared?: RowComparison,
  ): Promise<string> {
    const hash = createHash('sha256');
    if (way.kind === 'copy') {
      await this.copy(way.copy.source, way.copy.offset, target.byteLength, at, hash);
      return hash.digest('hex');
    }
    const rowBytes = rowByteLength(target.type, target.shape[0] ?? 1);
    const rowCount = rowCountOf(target.shape);
    let next = 0;
    const [own] = kept;
    const copyTo = async (end: number) => {
      if (own === undefined || end <= next) return;
      await this.copy(own.source, own.offset + next * rowBytes, (end - next) * rowBytes, at + next * rowBytes, hash); // prettier-ignore
    };
    for (const { first, count } of rows ?? [{ first: 0, count: rowCount }]) {
      await copyTo(first);
      const compare = compared === undefined || own === undefined ? undefined : (row: number, bytes: Uint8Array) => this.compare(compared, own, row, rowBytes, bytes); // prettier-ignore
      await this.derive(target.type, way, first, Math.min(count, rowCount - first), at, rowBytes, hash, compare); // prettier-ignore
      next = first + count;
    }
    if (rows !== undefined) await copyTo(rowCount);
    return hash.digest('hex');
  }

  private async derive(
    type: LaidOutTensor['target']['type'],
    { tensor }: Extract<RecoveryWay, { kind: 'derive' }>,
    firstRow: number,
    rowCount: number,
    at: number,
    rowBytes: number,
    hash: Hash,
    compare?: (row: number, bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    invariant(
      tensor.isPending !== true,
      'a matrix is collected before anything is derived with it',
    );
    this.deriver ??= this.options.openDeriver();
    const request = { source: tensor.source, type, importance: tensor.importance, firstRow, rowCount }; // prettier-ignore
    this.readBytes += await this.deriver.derive(
      request,
      async (row, bytes) => {
        await compare?.(row, bytes);
        hash.update(bytes);
        await this.file.write(bytes, at + row * rowBytes);
        this.progress(bytes.length);
      },
      this.options.signal,
    );
  }

  /** Counts rows that the file has as they come out; those that are known to be damaged do not count. */
  private async compare(
    compared: RowComparison,
    { source, offset }: LaidOutTensor['kept'][number],
    firstRow: number,
    rowBytes: number,
    bytes: Uint8Array,
  ): Promise<void> {
    for (let index = 0; index * rowBytes < bytes.length; index++) {
      const row = firstRow + index;
      if (compared.rows.some(({ first, count }) => row >= first && row < first + count)) continue;
      const own = await readBytes(source, offset + row * rowBytes, rowBytes);
      const isEqual = own.every((byte, at) => byte === bytes[index * rowBytes + at]);
      if (isEqual) compared.equal++;
      else compared.other++;
    }
  }

  /** The recipe's source under its name and place, but with another content: what it gives is another model's tensor. */
  private async wrongSource(tensor: string, way: RecoveryWay): Promise<StudioError | undefined> {
    const reference = way.kind === 'derive' ? way.reference : undefined;
    if (reference?.kind !== 'recipe' || reference.isProven) return undefined;
    const wrong = this.wrong.get(reference) ?? this.findWrong(reference);
    this.wrong.set(reference, wrong);
    const path = await wrong;
    if (path === undefined) return undefined;
    return new StudioError(
      'repair/failed',
      `${path} is not the one that the file was built from: ${tensor} comes out otherwise, and its hash is not the recipe's.`,
      { hint: 'Give the folder that holds the right one with --look-in, or leave this step out.' },
    );
  }

  private async findWrong({ sources }: Reference): Promise<string | undefined> {
    for (const { node, path, files } of sources.values()) {
      if (node.sha256 === undefined || files.length === 0) continue;
      const { signal } = this.options;
      if ((await hashSourceFiles(files, { signal })) !== node.sha256) return path;
    }
    return undefined;
  }

  private progress(bytes: number): void {
    this.done += bytes;
    const total = this.layout.fileSize;
    this.options.emit({ event: 'progress', done: Math.min(this.done, total), total, unit: 'bytes' }); // prettier-ignore
  }
}

/** The version that the file had: 2 and 3 differ in nothing but the number. */
function headerBytes({ version }: RepairLayout, bytes: Uint8Array): Uint8Array {
  if (version === 3) return bytes;
  const own = bytes.slice();
  new DataView(own.buffer).setUint32(4, version, true);
  return own;
}

/** The header with the hashes of the tensors as they were written; those that did not change keep their bytes. */
function headerWithHashes(layout: RepairLayout, hashes: readonly string[]): Uint8Array {
  const { metadata } = layout;
  const old = entryValue(metadata, provenanceKeys.tensorHashes);
  if (old?.type === 'array' && hashes.every((hash, index) => old.value[index] === hash)) {
    return headerBytes(layout, layout.header.bytes);
  }
  const list = tensorHashEntry(hashes);
  const filled = metadata.map((entry) => (entry.key === list.key ? list : entry));
  const { bytes } = encodeGgufHeader({
    version: 3,
    metadata: filled,
    tensors: layout.header.tensors,
    alignment: readAlignment('output', filled),
  });
  if (bytes.length !== layout.header.bytes.length) {
    throw new StudioError('repair/impossible', 'The list of hashes has another length than the one that was there.'); // prettier-ignore
  }
  return headerBytes(layout, bytes);
}

/** Throws `repair/changed` when a file is not the one that was looked at; `bytes` are all parts' together of a split. */
export async function refuseChangedFile(
  path: string,
  { bytes, modified }: { readonly bytes: number | undefined; readonly modified: number },
): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status?.mtimeMs === modified && (bytes === undefined || status.size === bytes)) return;
  throw new StudioError('repair/changed', `${path} changed after it was diagnosed.`, {
    hint: 'Diagnose it again: the plan was made for another state of the file.',
  });
}

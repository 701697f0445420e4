// One output during a pass: its open file, what an earlier run finished, and the hashes that build up while it is written.
import { createHash, type Hash } from 'node:crypto';
import { invariant } from '#src/errors/assert.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import type { OutputFile } from '#src/io/output-file.ts';
import type { JournalEntry } from '#src/io/tensor-journal.ts';
import { provenanceKeys } from '#src/stages/package/provenance.ts';
import { replanMetadata, type OutputPlan } from '#src/stages/quantize/output-plan.ts';

export interface OutputRequest {
  readonly path: string;
  readonly plan: OutputPlan;
  /**
   * The plan's metadata holds `studio.tensor.sha256`, an array of one 64-character string per tensor, to be replaced by
   * the tensors' SHA-256 in file order before the file gets its name.
   */
  readonly fillTensorHashes?: boolean;
  /** Whole files that follow the tensors (a bundle's adapters), in the order of their offsets. */
  readonly appended?: readonly AppendedFile[] | undefined;
  /** Replace a file that is there; what the options say when absent. */
  readonly overwrite?: boolean;
}

/** A file that is copied into the output as it is. */
export interface AppendedFile {
  readonly path: string;
  /** Where it goes in the output; zeros fill what lies between. */
  readonly offset: number;
  readonly size: number;
  /** Checked while it is copied. */
  readonly sha256: string;
}

/** Size of the finished file. */
export function outputSize({ plan, appended = [] }: OutputRequest): number {
  return appended.reduce(
    (size, { offset, size: own }) => Math.max(size, offset + own),
    plan.header.fileSize,
  );
}

export interface WrittenFacts {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of each tensor's bytes, in file order; taken where the file carries them. */
  readonly tensorHashes: readonly string[] | undefined;
  /** Tensors that an earlier, interrupted run had finished. */
  readonly reusedTensors: number;
}

export interface WrittenOutput extends WrittenFacts {
  /** Of the whole file. */
  readonly sha256: string;
}

/** Looks at a finished file; a check that reads all of it may give its SHA-256, which saves reading it once more. */
export type OutputCheck = (
  partialPath: string,
  written: WrittenFacts,
) => Promise<string | undefined>;

export class OutputSession {
  /** Bytes of tensors that are in the file, and of all. */
  writtenBytes = 0;
  readonly tensorBytes: number;
  private readonly done = new Set<number>();
  private readonly tensorHashes = new Map<number, string>();
  private reusedTensors = 0;
  /**
   * Hash of the file up to the end of its first `hashedTensors` tensors: one hash then serves the journal and the result.
   * Undefined where tensors are hashed one by one: the file carries their hashes, or is not written in its order.
   */
  private fileHash: Hash | undefined;
  private hashedTensors = 0;

  constructor(
    readonly request: OutputRequest,
    readonly file: OutputFile,
  ) {
    this.tensorBytes = this.plan.header.tensors.reduce((sum, t) => sum + t.byteLength, 0);
    const isFinal = request.fillTensorHashes !== true && (request.appended ?? []).length === 0;
    if (isFinal) this.fileHash = createHash('sha256').update(this.plan.header.bytes);
  }

  get plan(): OutputPlan {
    return this.request.plan;
  }

  /** File offset of a tensor's data. */
  offsetOf(index: number): number {
    const { dataOffset, tensors } = this.plan.header;
    return dataOffset + tensors[index]!.offset;
  }

  isDone(index: number): boolean {
    return this.done.has(index);
  }

  /** Whether each tensor's own hash has to be given to `complete`. */
  get hashesTensors(): boolean {
    return this.fileHash === undefined;
  }

  /** Told which tensors will be written, in their order, before the first is. */
  expect(order: readonly number[]): void {
    const first = this.hashedTensors;
    const inOrder =
      first + order.length === this.plan.tensors.length &&
      order.every((index, position) => index === first + position);
    if (!inOrder) this.fileHash = undefined;
  }

  /**
   * Takes a tensor over from an earlier run when its bytes are what that run's journal says. Asked tensor after tensor:
   * hashes of the file so far hold only behind one another.
   */
  async reuse(index: number, source: string, signal: AbortSignal): Promise<boolean> {
    const { name } = this.plan.tensors[index]!;
    const entry = this.file.journaled.get(name);
    const size = this.plan.header.tensors[index]!.byteLength;
    const fits =
      entry !== undefined &&
      entry.offset === this.offsetOf(index) &&
      entry.size === size &&
      entry.source === source &&
      (entry.scope === 'file'
        ? await this.continues(index, entry, signal)
        : await this.file.verify(entry, signal));
    if (!fits) return false;
    if (entry.scope !== 'file') this.tensorHashes.set(index, entry.sha256);
    this.done.add(index);
    this.reusedTensors++;
    this.writtenBytes += size;
    return true;
  }

  /** Whether the file has the hash up to this tensor's end that the journal says. */
  private async continues(
    index: number,
    entry: JournalEntry,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.fileHash === undefined || index !== this.hashedTensors) return false;
    const hash = this.fileHash.copy();
    if (!(await this.file.hashRange(hash, entry.offset, entry.size, signal))) return false;
    if (hash.copy().digest('hex') !== entry.sha256) return false;
    this.fileHash = hash;
    this.passTensor(index);
    return true;
  }

  /** Writes the header; the final one replaces it when hashes are filled in. */
  async writeHeader(): Promise<void> {
    await this.file.write(this.plan.header.bytes, 0);
  }

  /** Writes a part of a tensor at `offset` within it; parts of one tensor come in order. */
  write(index: number, offset: number, bytes: Uint8Array): Promise<void> {
    this.fileHash?.update(bytes);
    this.writtenBytes += bytes.byteLength;
    return this.file.write(bytes, this.offsetOf(index) + offset);
  }

  /** Records a tensor all of whose bytes are written; `sha256` is its own where `hashesTensors`. */
  async complete(index: number, sha256: string | undefined, source: string): Promise<void> {
    const { name } = this.plan.tensors[index]!;
    const size = this.plan.header.tensors[index]!.byteLength;
    this.done.add(index);
    const place = { tensor: name, offset: this.offsetOf(index), size, source };
    if (this.fileHash !== undefined) {
      const soFar = this.fileHash.copy().digest('hex');
      this.passTensor(index);
      await this.file.complete({ ...place, sha256: soFar, scope: 'file' });
      return;
    }
    invariant(sha256 !== undefined, `tensor ${index} is hashed`);
    this.tensorHashes.set(index, sha256);
    await this.file.complete({ ...place, sha256 });
  }

  /** Hashes the zeros behind a tensor, too. */
  private passTensor(index: number): void {
    invariant(index === this.hashedTensors, `tensor ${index} is hashed in its turn`);
    const padding = this.paddingBehind(index);
    if (padding > 0) this.fileHash?.update(new Uint8Array(padding));
    this.hashedTensors = index + 1;
  }

  /**
   * Fills hashes in, lets `check` look at the partial file and gives the file its name. A file that the check refuses is
   * kept as `X.rejected`; the error then says so.
   */
  async finish(check: OutputCheck | undefined, signal: AbortSignal): Promise<WrittenOutput> {
    this.plan.tensors.forEach((_, index) => invariant(this.done.has(index), `tensor ${index} is written`)); // prettier-ignore
    const tensorHashes = this.request.fillTensorHashes === true ? this.allHashes() : undefined;
    if (tensorHashes !== undefined) await this.fillHashes(tensorHashes);
    for (const appended of this.request.appended ?? []) await this.append(appended, signal);
    const facts: WrittenFacts = {
      path: this.file.path,
      bytes: outputSize(this.request),
      tensorHashes,
      reusedTensors: this.reusedTensors,
    };
    const seen =
      check === undefined
        ? undefined
        : await this.runCheck(() => check(this.file.partialPath, facts));
    const sha256 = this.fileHash?.digest('hex') ?? seen ?? (await this.file.hash(signal));
    const written: WrittenOutput = { ...facts, sha256 };
    signal.throwIfAborted();
    await this.file.finish();
    return written;
  }

  private async runCheck<Result>(check: () => Promise<Result>): Promise<Result> {
    try {
      return await check();
    } catch (error) {
      const refused =
        error instanceof StudioError && (error.kind === 'check' || error.kind === 'input');
      if (!refused || isAbort(error)) throw error;
      const rejected = await this.file.reject();
      throw new StudioError(error.code, `${error.message} The file was kept as ${rejected}.`, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        details: { ...error.details, rejected },
        cause: error,
      });
    }
  }

  /** Copies a file in. Throws `bundle/invalid` when it is not what was planned. */
  private async append(appended: AppendedFile, signal: AbortSignal): Promise<void> {
    const source = await openFileByteSource(appended.path);
    try {
      const hash = createHash('sha256');
      const step = 4 << 20;
      for (let offset = 0; offset < source.size; offset += step) {
        signal.throwIfAborted();
        const bytes = await readBytes(source, offset, Math.min(step, source.size - offset));
        hash.update(bytes);
        await this.file.write(bytes, appended.offset + offset);
      }
      if (source.size === appended.size && hash.digest('hex') === appended.sha256) return;
      throw new StudioError('bundle/invalid', `${appended.path} changed while it was packed.`, {
        hint: 'Run the same command again.',
      });
    } finally {
      await source.close();
    }
  }

  private allHashes(): string[] {
    return this.plan.tensors.map((_, index) => {
      const hash = this.tensorHashes.get(index);
      invariant(hash !== undefined, `tensor ${index} is hashed`);
      return hash;
    });
  }

  private async fillHashes(hashes: readonly string[]): Promise<void> {
    const { metadata, header } = this.plan;
    const filled = metadata.map((entry): GgufEntry =>
      entry.key === provenanceKeys.tensorHashes
        ? { key: entry.key, value: { type: 'array', elementType: 'string', value: hashes } }
        : entry,
    );
    const { bytes } = replanMetadata(this.plan, filled).header;
    invariant(bytes.length === header.bytes.length, 'filling hashes in keeps the header length');
    await this.file.write(bytes, 0);
  }

  private paddingBehind(index: number): number {
    const { tensors, fileSize, dataOffset } = this.plan.header;
    const { offset, byteLength } = tensors[index]!;
    const next = tensors[index + 1]?.offset ?? fileSize - dataOffset;
    return next - offset - byteLength;
  }
}

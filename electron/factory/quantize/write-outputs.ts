// Writes any number of planned outputs of one model in one pass: the source is read once, nothing intermediate is stored,
// and memory is bounded by slabs of rows. Converting, merging, quantizing and copying all end here.
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { runWithEvents } from '#src/contract/run-with-events.ts';
import type { EventSink, StageRun } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { checkDiskSpace } from '#src/io/disk-space.ts';
import { toIoError } from '#src/io/io-error.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { journalPathOf, OutputFile, partialPathOf } from '#src/io/output-file.ts';
import { checkDistinct, checkNotInput } from '#src/io/same-file.ts';
import { groupNotices } from '#src/stages/quantize/group-notices.ts';
import {
  secondsOfWork,
  sumOfWork,
  tensorWork,
  type Work,
} from '#src/stages/quantize/encoding-work.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import {
  OutputSession,
  outputSize,
  type OutputRequest,
  type WrittenFacts,
  type WrittenOutput,
} from './output-session.ts';
import { reuseFinished } from './reuse-finished.ts';
import { RowPool } from './row-pool.ts';
import { bytesOf } from './shared-arrays.ts';
import { defaultSlabBytes } from './slab-plan.ts';
import { streamSlabs } from './stream-slabs.ts';
import { listWork, type WriteItem } from './write-list.ts';
import { ratesFor } from './writing-time.ts';

export interface WriteOptions {
  /** Every file that the model is read from, adapters included: never written over, and part of what a resume checks. */
  readonly inputs: readonly string[];
  /** Worker threads; the machine's cores when absent, never more than them. */
  readonly threads?: number | undefined;
  /**
   * F32 bytes per slab (4 MiB when absent, at least one row). Buffers take (2 × threads + 2) times one slab's source rows
   * and its encodings: half of this for a BF16 source, and an eighth to all of it per output.
   */
  readonly slabBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Make the outputs' folders when they are missing. */
  readonly makeFolders?: boolean | undefined;
  /** Replace outputs that exist. */
  readonly overwrite?: boolean | undefined;
  /** Keep partial files when cancelled, so that the next run goes on. A failing disk or a killed caller always keeps them. */
  readonly keepPartial?: boolean | undefined;
  /** Told the bytes of an output's tensors that are written, of all, also those that an earlier run had finished. */
  readonly onWritten?: ((path: string, done: number, total: number) => void) | undefined;
  /**
   * Looks at each finished file before it gets its name. When it throws an error about the file (kinds `check` and
   * `input`), the file is kept as `X.rejected` and the other outputs are still finished. It may give the file's SHA-256.
   */
  readonly check?:
    | ((
        partialPath: string,
        written: WrittenFacts,
        signal: AbortSignal,
      ) => Promise<string | undefined>)
    | undefined;
}

/**
 * Writes the outputs. Events: `phase`, `progress` over the bytes of all outputs, `notice`, and one `artifact` per file.
 * Throws the first of the plans' problems, `output/is-input`, `output/exists`, `build/conflict`, `build/locked`,
 * `io/disk-full`, `quantize/failed` for values that are not finite, and what reading the source throws.
 */
export function writeOutputs(
  requests: readonly OutputRequest[],
  options: WriteOptions,
): StageRun<readonly WrittenOutput[]> {
  return runWithEvents((emit, signal) => writeAll(requests, options, emit, signal), options.signal);
}

async function writeAll(
  requests: readonly OutputRequest[],
  options: WriteOptions,
  emit: EventSink,
  signal: AbortSignal,
): Promise<readonly WrittenOutput[]> {
  signal.throwIfAborted();
  checkPlans(requests, emit);
  await checkPaths(requests, options);
  const sessions = await openSessions(requests, options);
  const unfinished = new Set(sessions);
  try {
    await reuseFinished(sessions, emit, signal);
    await stream(sessions, options, emit, signal);
    return await finishAll(sessions, unfinished, options, emit, signal);
  } catch (error) {
    const keep = keepsPartial(error, options);
    await Promise.all([...unfinished].map(({ file }) => file.abandon(keep)));
    throw error;
  }
}

function checkPlans(requests: readonly OutputRequest[], emit: EventSink): void {
  for (const { plan } of requests) {
    const [problem] = plan.problems;
    if (problem !== undefined) throw problem;
  }
  for (const message of groupNotices(requests.map(({ plan }) => plan))) {
    emit({ event: 'notice', level: 'warning', message });
  }
}

async function checkPaths(
  requests: readonly OutputRequest[],
  { inputs, makeFolders = false }: WriteOptions,
): Promise<void> {
  const paths = requests.map(({ path }) => resolve(path));
  const touched = paths.flatMap((path) => [path, partialPathOf(path), journalPathOf(path)]);
  await checkNotInput(touched, inputs);
  await checkDistinct(paths);
  if (makeFolders) for (const path of paths) await makeFolder(dirname(path));
  await checkDiskSpace(
    await Promise.all(
      requests.map(async (request) => ({
        path: resolve(request.path),
        bytes: outputSize(request) - (await allocatedBytes(partialPathOf(resolve(request.path)))),
      })),
    ),
  );
}

/** What a partial file of an earlier run already takes on the disk (it is sparse). */
async function allocatedBytes(path: string): Promise<number> {
  return stat(path).then(
    ({ blocks, size }) => Math.min(blocks * 512, size),
    () => 0,
  );
}

async function openSessions(
  requests: readonly OutputRequest[],
  options: WriteOptions,
): Promise<OutputSession[]> {
  const inputs = await inputIdentities(options.inputs);
  const sessions: OutputSession[] = [];
  try {
    for (const request of requests) {
      const { plan, path } = request;
      const file = await OutputFile.open(path, {
        plan: planKey(plan, inputs),
        size: outputSize(request),
        overwrite: request.overwrite ?? options.overwrite ?? false,
      });
      sessions.push(new OutputSession(request, file));
    }
    return sessions;
  } catch (error) {
    await Promise.all(sessions.map(({ file }) => file.abandon(true)));
    throw error;
  }
}

/** Changes whenever a source file does; hashing gigabytes before going on would cost more than it saves. */
async function inputIdentities(inputs: readonly string[]): Promise<string> {
  const identities = await Promise.all(
    inputs.map(async (path) => {
      const status = await stat(path, { bigint: true }).catch((error: unknown) => {
        throw toIoError(error, path);
      });
      return `${status.dev}:${status.ino}:${status.size}:${status.mtimeNs}`;
    }),
  );
  return identities.join('\n');
}

/** A hash over everything that decides an output's bytes (merged tensors add their factors in the journal). */
function planKey(plan: OutputPlan, inputs: string): string {
  const hash = createHash('sha256').update(inputs).update(plan.header.bytes);
  const seen = new Map<Float32Array, string>();
  for (const { source, type, importance } of plan.tensors) {
    hash.update(`\n${source.name} ${source.type} ${type} `);
    if (importance === undefined) continue;
    const known = seen.get(importance);
    const digest = known ?? createHash('sha256').update(bytesOf(importance)).digest('hex');
    seen.set(importance, digest);
    hash.update(digest);
  }
  return hash.digest('hex');
}

async function stream(
  sessions: readonly OutputSession[],
  options: WriteOptions,
  emit: EventSink,
  signal: AbortSignal,
): Promise<void> {
  const items = listWork(sessions);
  const order = items.flatMap(({ encodings }) => encodings.flatMap(({ consumers }) => consumers));
  for (const session of sessions) {
    session.expect(order.filter((each) => each.session === session).map(({ index }) => index));
  }
  for (const session of sessions) await session.writeHeader();
  const totalBytes = sessions.reduce(
    (sum, { plan }) => sum + plan.header.tensors.reduce((size, t) => size + t.byteLength, 0),
    0,
  );
  const openBytes = items.reduce(
    (sum, { encodings }) =>
      sum +
      encodings.reduce(
        (size, { consumers }) =>
          size +
          consumers.reduce(
            (bytes, { session, index }) => bytes + session.plan.header.tensors[index]!.byteLength,
            0,
          ),
        0,
      ),
    0,
  );
  emit({
    event: 'phase',
    phase: 'write',
    detail: sessions.map(({ plan }) => plan.label).join(', '),
  });
  const report = ({ file, writtenBytes, tensorBytes }: OutputSession) =>
    options.onWritten?.(file.path, writtenBytes, tensorBytes);
  sessions.forEach(report);
  if (items.length === 0) return;
  const rates = await ratesFor(sumOfWork(items.map(workOfItem)));
  const pool = new RowPool(options.threads ?? availableParallelism());
  try {
    await streamSlabs(items, {
      pool,
      secondsOf: (item) => secondsOfWork(workOfItem(item), rates, pool.size) ?? 0,
      slabBytes: options.slabBytes ?? defaultSlabBytes,
      signal,
      doneBytes: totalBytes - openBytes,
      totalBytes,
      emit,
      onWritten: report,
    });
  } finally {
    await pool.dispose();
  }
}

function workOfItem({ source, encodings }: WriteItem): Work {
  return tensorWork(
    source,
    encodings.map((encoding) => ({ ...encoding, copies: encoding.consumers.length })),
  );
}

/** Finishes every output, also when the check refuses one of them; then the first refusal is thrown. */
async function finishAll(
  sessions: readonly OutputSession[],
  unfinished: Set<OutputSession>,
  options: WriteOptions,
  emit: EventSink,
  signal: AbortSignal,
): Promise<readonly WrittenOutput[]> {
  const written: WrittenOutput[] = [];
  let refusal: unknown;
  const { check } = options;
  for (const session of sessions) {
    if (check !== undefined) emit({ event: 'phase', phase: 'check', detail: session.file.path });
    try {
      const output = await session.finish(
        check === undefined ? undefined : (path, facts) => check(path, facts, signal),
        signal,
      );
      unfinished.delete(session);
      written.push(output);
      emit({ event: 'artifact', path: output.path, bytes: output.bytes, sha256: output.sha256 });
    } catch (error) {
      if (!(error instanceof StudioError) || !('rejected' in error.details)) throw error;
      unfinished.delete(session);
      refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal as Error;
  return written;
}

/** Partial files are worth keeping when the same command can succeed later: after a full disk or a crash, not bad input. */
function keepsPartial(error: unknown, { keepPartial = false }: WriteOptions): boolean {
  if (!(error instanceof StudioError)) return keepPartial;
  if (error.kind !== 'cancelled') return error.kind === 'environment';
  return keepPartial || error.details['callerGone'] === true;
}

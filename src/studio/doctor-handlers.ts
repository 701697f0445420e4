// The Doctor screen: checking files, planning and writing repairs, clearing leftovers. Damaged files are looked at in a host
// of their own, because loading one may end the process that does it; a repair is a job like a build.
import { stat } from 'node:fs/promises';
import type { ParsedParamsOf } from '#src/contract/contract.ts';
import type { RepairReport } from '#src/contract/doctor/repair.ts';
import type { StudioContract } from '#src/contract/studio.contract.ts';
import { invariant } from '#src/errors/assert.ts';
import { findFiles } from '#src/io/find-files.ts';
import { toIoError } from '#src/io/io-error.ts';
import { findLeftovers, removeLeftover } from '#src/io/leftovers.ts';
import { runDiagnosis } from '#src/jobs/run-diagnosis.ts';
import { titleOfRequest } from '#src/jobs/run-request.ts';
import type { JobPart } from './job-handlers.ts';
import { compareNames } from './natural-sort.ts';
import type { StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';
import { createTurnQueue } from './turn-queue.ts';

type DoctorMethods =
  'diagnose' | 'listModelFiles' | 'planRepair' | 'repair' | 'findLeftovers' | 'removeLeftovers';

/** A folder of more models than this is checked in parts. */
const listedFiles = 5000;
const listedEntries = 200_000;
/** Folders below folders: a Hugging Face cache keeps its models four levels down. */
const levels = 6;

export function doctorHandlers(
  parts: StudioParts,
  jobs: Pick<JobPart, 'follow'>,
): StudioHandlers<DoctorMethods> {
  const { files, home, hosts, settings, workspace } = parts;
  const queue = createTurnQueue();
  const pathIfGiven = async <Key extends string>(key: Key, id: string | undefined) =>
    (id === undefined ? {} : { [key]: await files.pathOf(id) }) as Partial<Record<Key, string>>;
  /** Paths of a file and of what it is compared with and repaired from. */
  const subjectOf = async (
    asked: Pick<
      ParsedParamsOf<StudioContract, 'planRepair'>,
      'file' | 'source' | 'sibling' | 'folders'
    >,
  ) => ({
    path: await files.pathOf(asked.file),
    ...(await pathIfGiven('source', asked.source)),
    ...(await pathIfGiven('sibling', asked.sibling)),
    ...(asked.folders === undefined
      ? {}
      : { folders: await Promise.all(asked.folders.map((id) => files.pathOf(id))) }),
  });
  const leftovers = (cache: boolean, signal: AbortSignal) =>
    findLeftovers({ workspaces: [workspace()], home, cache, signal });
  const threads = () => {
    const { threads: chosen } = settings.current;
    return chosen === undefined ? {} : { threads: chosen };
  };

  return {
    async diagnose({ depth, behaviour, ...asked }, { signal, emit }) {
      const subject = await subjectOf(asked);
      const turn = queue.enter();
      try {
        // A header takes a moment and waits for nobody; what reads weights or loads a model does.
        if (depth === 'full') await turn.wait(signal);
        else turn.leave();
        return await runDiagnosis(
          { ...subject, depth, behaviour: behaviour && depth === 'full', ...threads() },
          (method, params, options) => hosts.examiner.call(method, params, options),
          { signal, onEvent: emit },
        );
      } finally {
        turn.leave();
      }
    },
    async listModelFiles({ folder }, { signal }) {
      const path = await files.pathOf(folder);
      const status = await statOf(path);
      // What was named by itself is checked whatever its name: it may be what it is not.
      if (!status.isDirectory()) return [{ ...files.reference(path), bytes: status.size }];
      const found = await findFiles(path, {
        isWanted: isModelName,
        levels,
        maximumFiles: listedFiles,
        maximumEntries: listedEntries,
        links: true,
        signal,
      });
      found.sort(compareNames);
      const listed = await Promise.all(
        found.map(async (each) => {
          const inner = await stat(each).catch(() => undefined);
          const isOpen = inner?.isFile() === true && (await files.allows(each).catch(() => false));
          return isOpen ? [{ ...files.reference(each), bytes: inner.size }] : [];
        }),
      );
      return listed.flat();
    },
    planRepair: async (asked, { signal, emit }) =>
      hosts.examiner.call('planRepair', await subjectOf(asked), { signal, onEvent: emit }),
    async repair({ bytes, modified, steps, ...asked }, { signal, emit, connection }) {
      const subject = await subjectOf(asked);
      const request = {
        kind: 'repair' as const,
        params: { ...subject, bytes, modified, steps, behaviour: true, ...threads() },
      };
      let report: RepairReport | undefined;
      await jobs.follow(
        {
          kind: 'repair',
          title: titleOfRequest(request),
          origin: 'window',
          folder: workspace().folder,
          request,
        },
        request,
        { signal, connection, onEvent: emit, listener: { onRepaired: (told) => (report = told) } },
      );
      invariant(report !== undefined, 'a repair that ended has a report');
      // Beside a file that may be named, so it may be named itself.
      await files.allow(report.output);
      return { report, output: files.reference(report.output) };
    },
    findLeftovers: ({ cache }, { signal }) => leftovers(cache, signal),
    async removeLeftovers({ paths }, { signal }) {
      const asked = new Set(paths);
      const removed: string[] = [];
      let bytes = 0;
      // Looked for anew: what is deleted was found here, just now, and not merely named by a window.
      for (const item of await leftovers(true, signal)) {
        if (!asked.has(item.path) || signal.aborted) continue;
        if (!(await removeLeftover(item))) continue;
        removed.push(item.path);
        bytes += item.bytes;
      }
      return { removed, bytes };
    },
  };
}

/** Whole files and the first parts of split ones; the other parts are read with them. */
function isModelName(name: string): boolean {
  if (!/\.gguf$/i.test(name)) return false;
  const part = /-(\d{5})-of-\d{5}\.gguf$/i.exec(name)?.[1];
  return part === undefined || Number(part) === 1;
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    throw toIoError(error, path);
  }
}

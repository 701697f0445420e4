// The quality lab of the window: measured runs of the open workspace, and measuring anew. The factory measures; here files get
// their paths, suites their texts, runs their place, and windows hear when one comes.
import { basename, join } from 'node:path';
import type { ParamsOf } from '#src/contract/contract.ts';
import type { EvaluateParams } from '#src/contract/quality/evaluate.ts';
import type { MatrixParams } from '#src/contract/quality/matrix.ts';
import type { SubjectAdapter } from '#src/contract/quality/subjects.ts';
import type { StudioContract } from '#src/contract/studio.contract.ts';
import { rankRun } from '#src/evaluation/ranking/rank-run.ts';
import { makeReport } from '#src/evaluation/report/make-report.ts';
import { findEvaluationSuites, listTextFiles } from '#src/io/evaluation-suites.ts';
import { measurementsFolderName, openRunStore, type RunStore } from '#src/io/run-store.ts';
import type { FolderWatch } from '#src/io/watch-folder.ts';
import { adapterNameOf, generalTextOf, ownTextOf, suiteOfAdapter } from '#src/jobs/matrix-texts.ts';
import { askedAllocation } from './asked-allocation.ts';
import { textsAndTasksOf, textsOf } from './asked-texts.ts';
import type { JobPart } from './job-handlers.ts';
import { distinctIds, newRunId } from './run-ids.ts';
import type { StudioFiles } from './studio-files.ts';
import { refuseReadOnly, type StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';

type QualityMethods =
  | 'listRuns'
  | 'readRun'
  | 'removeRun'
  | 'listSuites'
  | 'startEvaluation'
  | 'startMatrix'
  | 'startAllocation'
  | 'readDrift'
  | 'readPosition'
  | 'makeReport';
type AskedEvaluation = ParamsOf<StudioContract, 'startEvaluation'>;
type AskedMatrix = ParamsOf<StudioContract, 'startMatrix'>;

export interface QualityPart {
  readonly handlers: StudioHandlers<QualityMethods>;
  dispose(): void;
}

export function qualityPart(parts: StudioParts, jobs: Pick<JobPart, 'start'>): QualityPart {
  const { files, hosts, settings, workspace, watchers } = parts;
  let opened: { folder: string; store: RunStore; watch: FolderWatch } | undefined;
  const tell = () => watchers.send({ event: 'runs-changed' });
  const store = () => {
    const { folder } = workspace();
    if (opened?.folder !== folder) {
      opened?.watch.close();
      const next = openRunStore(folder);
      opened = { folder, store: next, watch: next.watch(tell) };
    }
    return opened.store;
  };
  return {
    dispose: () => opened?.watch.close(),
    handlers: {
      listRuns: (_params, { signal }) => store().list(signal),
      async readRun({ id }) {
        const run = await store().read(id);
        return { run, ranking: rankRun(run) };
      },
      async removeRun({ id }) {
        refuseReadOnly(workspace());
        await store().remove(id);
        tell();
        return null;
      },
      async readDrift({ id, ...place }, { signal }) {
        const runFolder = await store().folderOf(id);
        return hosts.factory.call('readDrift', { runFolder, ...place }, { signal });
      },
      async readPosition({ id, ...place }, { signal }) {
        const runFolder = await store().folderOf(id);
        const { threads } = settings.current;
        const own = threads === undefined ? {} : { threads };
        return hosts.factory.call('readPosition', { runFolder, ...place, ...own }, { signal });
      },
      async makeReport({ id, format }) {
        const run = await store().read(id);
        return makeReport(run, rankRun(run), format);
      },
      listSuites: () => findEvaluationSuites(workspace().folder),
      async startEvaluation(asked) {
        refuseReadOnly(workspace());
        const { folder } = workspace();
        const { texts, tasks } = await textsAndTasksOf(asked, files, folder);
        const { title, contextSize, chunks, mode, tensorErrors } = asked;
        const { threads } = settings.current;
        const params: EvaluateParams = {
          folder: join(folder, measurementsFolderName),
          id: newRunId(title),
          title,
          reference: {
            path: await files.pathOf(asked.reference.file),
            adapters: await adaptersOf(asked.reference.adapters ?? [], files),
          },
          subjects: await subjectsOf(asked, files),
          texts,
          tasks,
          maximumTokens: 64,
          calibrationTexts: [],
          contextSize: contextSize ?? 512,
          mode: mode ?? 'reference',
          tensorErrors: tensorErrors ?? true,
          gpuLayers: 0,
          fresh: false,
          ...(chunks === undefined ? {} : { chunks }),
          ...(threads === undefined ? {} : { threads }),
        };
        const request = { kind: 'evaluate', params, speed: asked.speed ?? true } as const;
        const job = await jobs.start(
          { kind: 'evaluate', title, origin: 'window', folder, request },
          request,
        );
        // Windows that look at runs see the new one by its folder; the watch begins here when none was.
        store();
        return job;
      },
      async startMatrix(asked) {
        refuseReadOnly(workspace());
        const { folder } = workspace();
        const { title, levels, contextSize, chunks, imatrix } = asked;
        const { threads } = settings.current;
        const calibration = await Promise.all(
          (asked.imatrixTexts ?? []).map(async (id) => listTextFiles(await files.pathOf(id))),
        );
        const params: MatrixParams = {
          folder: join(folder, measurementsFolderName),
          id: newRunId(title),
          title,
          base: await files.pathOf(asked.base),
          ...(await matrixTextsOf(asked, files, folder)),
          levels,
          contextSize: contextSize ?? 512,
          ...(imatrix === undefined ? {} : { imatrix: await files.pathOf(imatrix) }),
          calibrationTexts: calibration.flat(),
          ...(chunks === undefined ? {} : { chunks }),
          ...(threads === undefined ? {} : { threads }),
        };
        const request = { kind: 'matrix', params } as const;
        const job = await jobs.start(
          { kind: 'matrix', title, origin: 'window', folder, request },
          request,
        );
        store();
        return job;
      },
      async startAllocation(asked) {
        refuseReadOnly(workspace());
        const { folder } = workspace();
        const { title } = asked;
        const request = { kind: 'allocate', params: await askedAllocation(asked, parts) } as const;
        const job = await jobs.start(
          { kind: 'allocate', title, origin: 'window', folder, request },
          request,
        );
        store();
        return job;
      },
    },
  };
}

async function subjectsOf(
  { subjects }: AskedEvaluation,
  files: StudioFiles,
): Promise<EvaluateParams['subjects']> {
  const found = await Promise.all(
    subjects.map(async ({ file, label, form, adapters = [] }) => {
      const path = await files.pathOf(file);
      return {
        path,
        label: label ?? basename(path).replace(/\.gguf$/i, ''),
        form: form ?? (adapters.length > 0 ? ('run-time' as const) : ('stock' as const)),
        adapters: await adaptersOf(adapters, files),
      };
    }),
  );
  const ids = distinctIds(found.map(({ label }) => label));
  return found.map((subject, index) => ({ ...subject, id: ids[index] ?? `subject-${index}` }));
}

/** Each adapter's own text is the suite of its name; general text is what was chosen (the first), else the suite `general`. */
async function matrixTextsOf(
  { adapters, suites: chosen = [], texts = [] }: AskedMatrix,
  files: StudioFiles,
  folder: string,
): Promise<Pick<MatrixParams, 'adapters' | 'general'>> {
  const suites = await findEvaluationSuites(folder);
  const named = await Promise.all(
    adapters.map(async (file) => {
      const path = await files.pathOf(file);
      const name = adapterNameOf(path);
      const domain = suiteOfAdapter(name, suites)?.domain;
      const text = ownTextOf(name, suites);
      return { name, path, scale: 1, text, ...(domain === undefined ? {} : { domain }) };
    }),
  );
  const isChosen = chosen.length + texts.length > 0;
  const [general] = isChosen ? await textsOf({ suites: chosen, texts }, files, folder) : [];
  return { adapters: named, general: general ?? generalTextOf(suites) };
}

type AskedAdapters = NonNullable<AskedEvaluation['reference']['adapters']>;

function adaptersOf(adapters: AskedAdapters, files: StudioFiles): Promise<SubjectAdapter[]> {
  return Promise.all(
    adapters.map(async (adapter) =>
      'bundled' in adapter
        ? adapter
        : { path: await files.pathOf(adapter.file), scale: adapter.scale },
    ),
  );
}

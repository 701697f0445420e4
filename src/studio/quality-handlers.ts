// The quality lab of the window: measured runs of the open workspace. Measuring itself is the factory's; here runs are listed,
// read and put away, and windows hear when one comes.
import { rankRun } from '#src/evaluation/ranking/rank-run.ts';
import { openRunStore, type RunStore } from '#src/io/run-store.ts';
import type { FolderWatch } from '#src/io/watch-folder.ts';
import { refuseReadOnly, type StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';

type QualityMethods = 'listRuns' | 'readRun' | 'removeRun';

export interface QualityPart {
  readonly handlers: StudioHandlers<QualityMethods>;
  dispose(): void;
}

export function qualityPart({ workspace, watchers }: StudioParts): QualityPart {
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
    },
  };
}

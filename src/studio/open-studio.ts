// The studio behind the window: the answers to every method of the studio contract, for Electron's main process and for
// `gguf-studio serve`. Each concern is a file of its own; here they are joined. No model is read in this process.
import { homedir } from 'node:os';
import { parse, resolve } from 'node:path';
import type { StudioContract } from '#src/contract/studio.contract.ts';
import type { HostState, StudioState } from '#src/contract/studio/state.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { studioHome } from '#src/io/studio-home.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { chatPart } from './chat-handlers.ts';
import { conversationHandlers } from './conversation-handlers.ts';
import { describeState } from './describe-state.ts';
import { doctorHandlers } from './doctor-handlers.ts';
import { draftHandlers } from './draft-handlers.ts';
import { allowPicked, fileHandlers } from './file-handlers.ts';
import { jobPart } from './job-handlers.ts';
import { libraryPart } from './library-handlers.ts';
import { startMeter } from './meter.ts';
import { findOfferedFolders, type OfferedFolder } from './offered-folders.ts';
import {
  openSeedlingWorkspace,
  openWorkspaceFolder,
  type OpenedWorkspace,
} from './open-workspace.ts';
import { qualityPart } from './quality-handlers.ts';
import { recipePart } from './recipe-handlers.ts';
import { recipePathHandlers } from './recipe-paths.ts';
import { templateHandlers } from './recipe-templates.ts';
import { openSettings } from './settings-keeper.ts';
import { routerPart } from './router-handlers.ts';
import { createStudioFiles, type StudioRoot } from './studio-files.ts';
import { openStudioHosts } from './studio-hosts.ts';
import type { Studio, StudioPlatform } from './studio-platform.ts';
import { uploadPart } from './upload-handlers.ts';
import { createWatchers } from './watchers.ts';
import { workspaceHandlers } from './workspace-handlers.ts';

export interface OpenStudioOptions {
  readonly platform: StudioPlatform;
  /** Opened instead of the workspace that was open last. */
  readonly workspaceFolder?: string | undefined;
  /** More folders that files may be chosen from (absolute); where there is no system dialog, nothing else widens them. */
  readonly allowedFolders?: readonly string[] | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

/** Opens the studio. Throws when `workspaceFolder` is given and cannot be opened. */
export async function openStudio(options: OpenStudioOptions): Promise<Studio> {
  const { platform } = options;
  const home = studioHome(options.environment);
  const notices = new Set<string>();
  const watchers = createWatchers();
  const files = createStudioFiles();
  const hosts = openStudioHosts({ GGUF_STUDIO_HOME: home }, (host) => hostChanged(host));
  const settings = await openSettings(home, async () => {
    await useRoots();
    await tellState().catch(() => undefined);
  });
  if (settings.problem !== undefined) notices.add(settings.problem);
  let offered: readonly OfferedFolder[] = [];
  let workspace: OpenedWorkspace | undefined;
  const parts = {
    platform,
    home,
    files,
    settings,
    hosts,
    watchers,
    workspace: () => {
      if (workspace === undefined) throw new StudioError('internal', 'No workspace is open.');
      return workspace;
    },
  };
  const chat = chatPart(parts);
  function hostChanged(host: HostState): void {
    watchers.send({ event: 'host', host });
    if (host.name === 'engine') chat.engineChanged(host);
  }
  const nameOfFolder = (path: string) =>
    offered.find((folder) => folder.path === path)?.what ?? parse(path).base;
  const sources = { ...parts, nameOfFolder, offered: () => offered, notices: () => [...notices] };

  async function useRoots(): Promise<void> {
    const folders = settings.current.modelFolders.map((path) => ({
      path,
      name: nameOfFolder(path),
    }));
    const recent = settings.current.recentWorkspaces.map((path) => ({
      path,
      name: parse(path).base,
    }));
    await files.setRoots('models', [...folders, ...recent]);
    for (const path of settings.current.addedFiles) await files.allow(path).catch(() => undefined);
  }
  async function use(next: OpenedWorkspace): Promise<void> {
    const previous = workspace;
    workspace = next;
    files.setWorkspaceFolder(next.folder);
    await files.setRoots('workspace', [{ path: next.folder, name: `Workspace: ${next.name}` }]);
    await previous?.lock?.release();
    const { recentWorkspaces } = settings.current;
    const recent = [next.folder, ...recentWorkspaces.filter((path) => path !== next.folder)];
    await settings
      .change({ recentWorkspaces: recent.slice(0, 20) })
      .catch(
        (error: unknown) =>
          void notices.add(`The workspace is not remembered: ${(error as Error).message}`),
      );
  }
  let state: StudioState | undefined;
  let lastTelling: Promise<unknown> = Promise.resolve();
  /** One after another, so that an older state is never told after a newer one. */
  function tellState(): Promise<StudioState> {
    const telling = lastTelling.then(async () => {
      const next = await describeState(sources);
      const isNew = JSON.stringify(next) !== JSON.stringify(state);
      state = next;
      if (isNew) watchers.send({ event: 'state', state: next });
      return next;
    });
    lastTelling = telling.catch(() => undefined);
    return telling;
  }

  await use(
    await chooseWorkspace(
      home,
      options.workspaceFolder,
      settings.current.recentWorkspaces,
      notices,
    ),
  );
  await files.setRoots('home', homeRoots(home));
  await files.setRoots(
    'allowed',
    (options.allowedFolders ?? []).map((path) => ({ path, name: path })),
  );
  await useRoots();
  // An offer is a help: where looking fails, there is none.
  void offerFolders().catch(() => undefined);
  async function offerFolders(): Promise<void> {
    offered = await findOfferedFolders(options.environment ?? process.env);
    const roots = offered.map(({ path, what }) => ({ path, name: what }));
    await files.setRoots('offered', roots);
    if (roots.length > 0) await tellState();
  }
  const recipes = recipePart(parts);
  const library = libraryPart(parts, nameOfFolder);
  const uploads = uploadPart(parts);
  const jobs = jobPart(parts);
  const quality = qualityPart(parts, jobs);
  const router = routerPart(parts, jobs);
  const meter = startMeter(parts, () => void tellState().catch(() => undefined));

  const handlers: Handlers<StudioContract> = {
    watch: (_params, context) =>
      watchers.watch(async () => {
        void meter.measure().then((reading) => context.emit({ event: 'meter', meter: reading }));
        return [
          { event: 'state', state: await tellState() },
          { event: 'jobs', jobs: [...(await jobs.list())] },
          ...hosts.states().map((host) => ({ event: 'host' as const, host })),
          ...chat.columns().map((column) => ({ event: 'column' as const, column })),
        ];
      }, context),
    describeMachine: (_params, { signal }) => hosts.factory.call('describeMachine', {}, { signal }),
    ...workspaceHandlers(parts, { use, tellState }),
    ...fileHandlers(parts),
    ...recipes.handlers,
    ...recipePathHandlers(parts),
    ...draftHandlers(parts),
    ...templateHandlers(parts),
    ...library.handlers,
    ...jobs.handlers,
    ...chat.handlers,
    ...conversationHandlers(parts),
    ...uploads.handlers,
    ...quality.handlers,
    ...router.handlers,
    ...doctorHandlers(parts, jobs),
  };

  return {
    handlers,
    acceptPaths: async (paths) => (await allowPicked(files, paths)).map(({ id }) => id),
    async openRecipe(path) {
      for (const file of await allowPicked(files, [path]))
        watchers.send({ event: 'open-recipe', file });
    },
    sendMenuCommand: (command) => watchers.send({ event: 'menu', command }),
    async dispose() {
      meter.stop();
      settings.dispose();
      recipes.dispose();
      library.dispose();
      quality.dispose();
      // What is served ends before its engine does.
      await Promise.race([router.dispose().catch(() => undefined), pause(2000)]);
      await uploads.dispose();
      // A host in native code does not hear that its job is to end: then it is killed, and the job ends with it.
      const jobsEnded = jobs.dispose();
      await Promise.race([jobsEnded, pause(3000)]);
      await hosts.dispose();
      await jobsEnded;
      await workspace?.lock?.release();
    },
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}

/** The one that was asked for, else the last one, else the embedded one. */
async function chooseWorkspace(
  home: string,
  given: string | undefined,
  recent: readonly string[],
  notices: Set<string>,
): Promise<OpenedWorkspace> {
  if (given !== undefined) return openWorkspaceFolder(resolve(given), home);
  const [last] = recent;
  if (last === undefined) return openSeedlingWorkspace(home);
  try {
    return await openWorkspaceFolder(last, home);
  } catch (error) {
    notices.add(`The last workspace could not be opened: ${(error as Error).message}`);
    return openSeedlingWorkspace(home);
  }
}

/** The user's own folders. A current folder that is the whole disk (a desktop starts programs there) says nothing. */
function homeRoots(home: string): StudioRoot[] {
  const roots: StudioRoot[] = [{ path: homedir(), name: 'Home' }];
  const current = process.cwd();
  if (parse(current).root !== current) roots.push({ path: current, name: 'Current folder' });
  roots.push({ path: home, name: "Studio's own folder" });
  return roots;
}

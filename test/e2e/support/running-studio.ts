// One studio under test, as a user has it: a window of the packaged program, or a browser's tab on `gguf-studio serve`. Its
// home, its user folder and its workspace are its own, and it can be ended and started again on them.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  chromium,
  _electron,
  type Browser,
  type ElectronApplication,
  type Page,
} from '@playwright/test';
import { findChromium, repositoryRoot, type Surface } from './runtimes.ts';

export interface RunningStudio {
  readonly surface: Surface;
  /** GGUF_STUDIO_HOME. */
  readonly home: string;
  /** The window as it is now; another one after a restart. */
  readonly page: Page;
  /** Only on the desktop. */
  readonly electron: ElectronApplication | undefined;
  /** Only in the browser: `http://127.0.0.1:PORT`. */
  readonly address: string | undefined;
  /** What went wrong in the page: errors of the console (broken policies are among them), exceptions, failed requests. */
  readonly problems: string[];
  /** The process that the studio runs in. */
  readonly processId: number;
  /** Ends it as a user does, and starts it on the same home. */
  restart(): Promise<Page>;
  /** Kills it, hosts and all, as a power cut would, and starts it on the same home. */
  crashAndRestart(): Promise<Page>;
  /** Kills a host's processes (the factory has one for builds); false when none runs. */
  killHost(name: 'factory' | 'engine'): boolean;
  close(): Promise<void>;
}

interface Started {
  readonly page: Page;
  readonly electron?: ElectronApplication;
  readonly address?: string;
  readonly processId: number;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly surface: Surface;
  /** A new, empty folder. */
  readonly folder: string;
  /** GGUF_STUDIO_HOME; `home` in the folder when absent. */
  readonly home?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export const packagedProgram = join(
  repositoryRoot,
  '.cache/test-package/linux-unpacked/gguf-studio',
);

/** Starts a studio and waits for its page to load (not for its content). */
export async function startStudio(options: StartOptions): Promise<RunningStudio> {
  const home = options.home ?? join(options.folder, 'home');
  // Caches of the user that runs the tests must not be found.
  const user = join(options.folder, 'user');
  await mkdir(user, { recursive: true });
  const environment = cleanEnvironment({
    ...options.environment,
    GGUF_STUDIO_HOME: home,
    HOME: user,
  });
  const problems: string[] = [];
  const start = async (): Promise<Started> => {
    const started =
      options.surface === 'electron'
        ? await startDesktop(options.folder, environment)
        : await startBrowser(environment, (page) => watchProblems(page, problems));
    if (options.surface === 'electron') {
      watchProblems(started.page, problems);
      await started.page.waitForLoadState();
    }
    return started;
  };
  let current = await start();
  return {
    surface: options.surface,
    home,
    problems,
    get page() {
      return current.page;
    },
    get electron() {
      return current.electron;
    },
    get address() {
      return current.address;
    },
    get processId() {
      return current.processId;
    },
    async restart() {
      await current.close();
      current = await start();
      return current.page;
    },
    async crashAndRestart() {
      for (const { id } of descendants(current.processId)) killProcess(id);
      killProcess(current.processId);
      await current.close().catch(() => undefined);
      current = await start();
      return current.page;
    },
    killHost(name) {
      const hosts = descendants(current.processId).filter(({ words }) =>
        words.includes(`${name}-host.js`),
      );
      for (const { id } of hosts) killProcess(id);
      return hosts.length > 0;
    },
    close: () => current.close(),
  };
}

async function startDesktop(folder: string, environment: Record<string, string>): Promise<Started> {
  // Electron before 30 cannot load node-llama-cpp in its own Node (import attributes): the hosts get the system's.
  const old = Number(process.env['STUDIO_TEST_ELECTRON_MAJOR']) < 30;
  const electron = await launchElectron({
    executablePath: packagedProgram,
    // A virtual screen has no GPU; looking for one in vain takes a second.
    args: [`--user-data-dir=${join(folder, 'electron')}`, '--disable-gpu'],
    env: { ...environment, ...(old ? { GGUF_STUDIO_NODE: process.execPath } : {}) },
    timeout: 40_000,
  });
  const page = await electron.firstWindow();
  // Nobody is there to answer what closing with unsaved edits asks.
  await electron.evaluate(({ dialog }) => {
    dialog.showMessageBoxSync = () => 1;
  });
  const child = electron.process();
  const processId = child.pid ?? 0;
  return {
    page,
    electron,
    processId,
    async close() {
      const timer = setTimeout(() => killProcess(processId), 15_000);
      await electron.close();
      clearTimeout(timer);
    },
  };
}

/** On a machine under load Playwright sometimes misses the moment to attach and waits for ever: then once more. */
async function launchElectron(
  options: Parameters<typeof _electron.launch>[0],
): Promise<ElectronApplication> {
  try {
    return await _electron.launch(options);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('Timeout')) throw error;
    return _electron.launch(options);
  }
}

async function startBrowser(
  environment: Record<string, string>,
  watch: (page: Page) => void,
): Promise<Started> {
  const runtime = findChromium();
  if (!('path' in runtime)) throw new Error(runtime.missing);
  const server = spawn(
    process.execPath,
    [join(repositoryRoot, 'dist/cli/main.js'), 'serve', '--port', '0'],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let browser: Browser | undefined;
  try {
    const link = await printedAddress(server);
    browser = await chromium.launch({ executablePath: runtime.path });
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    watch(page);
    await page.goto(link);
    const { origin } = new URL(link);
    await page.waitForURL(`${origin}/`);
    const opened = browser;
    return {
      page,
      address: origin,
      processId: server.pid ?? 0,
      async close() {
        await opened.close();
        await endProcess(server);
      },
    };
  } catch (error) {
    await browser?.close();
    await endProcess(server);
    throw error;
  }
}

function printedAddress(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (data: Buffer) => {
      text += data.toString('utf8');
      const address = /http:\/\/\S+\?token=\S+/.exec(text)?.[0];
      if (address !== undefined) resolve(address);
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.once('exit', (code) => reject(new Error(`serve ended (${String(code)}): ${text}`)));
  });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(timer);
}

function watchProblems(page: Page, problems: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => problems.push(`request failed: ${request.url()}`));
}

function cleanEnvironment(own: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !/^(?:XDG_(?:DATA|CONFIG|CACHE)_HOME|GGUF_STUDIO_.*|NODE_OPTIONS|ELECTRON_RUN_AS_NODE)$/.test(
        entry[0],
      ),
  );
  return { ...Object.fromEntries(kept), ...own };
}

interface ListedProcess {
  readonly id: number;
  readonly parent: number;
  readonly words: string;
}

/** Every process below one, children before their parents' siblings; from the system's own list. */
function descendants(root: number): ListedProcess[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  const all = stdout.split('\n').flatMap((line): ListedProcess[] => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match === null
      ? []
      : [{ id: Number(match[1]), parent: Number(match[2]), words: match[3] ?? '' }];
  });
  const below = (parent: number): ListedProcess[] =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.id)]);
  return below(root);
}

function killProcess(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

// `serve`: the studio's window in a browser, for machines without a screen and where the desktop window cannot run; and
// OpenAI's `/v1` over a family, with the window or without it.
import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { isLoopbackHost } from '#electron/server/request-checks.ts';
import { engineContract } from '#src/contract/engine.contract.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { openHost } from '#src/io/open-host.ts';
import type { StudioPlatform } from '#src/studio/studio-platform.ts';
import { describeCommand } from '#src/stages/stage-descriptor.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { chooseManifest, chooseToken, parseMemory, servingOptions } from '../serving-arguments.ts';
import { usageError } from '../usage-error.ts';

const descriptor = describeCommand({
  name: 'serve',
  title: 'Serve',
  summary: 'Open the studio in a browser on this machine, and serve a family',
  description: [
    'Prints an address that lets one browser in, once; each use prints the next one. Only this machine can reach it: from another one, forward the same port, for example ssh -L 4890:127.0.0.1:4890 MACHINE.',
    'With a manifest its family answers OpenAI\'s API under /v1: the model "auto" lets the router choose, a route or PARENT:ADAPTER names one. Clients send the token as their API key.',
    'With --json one document is printed as soon as requests are answered.',
    'Ctrl+C ends the studio. Jobs that run go on from where they stopped when they are started again.',
  ],
  forms: ['[WORKSPACE]'],
  positionals: { minimum: 0, maximum: 1 },
  options: {
    port: {
      kind: 'integer',
      minimum: 0,
      maximum: 65535,
      valueName: 'N',
      label: 'Port',
      description:
        'The port to listen on; 0 takes any that is free. Without it 4890, or the next that is free.',
    },
    host: {
      kind: 'text',
      default: '127.0.0.1',
      valueName: 'ADDRESS',
      label: 'Host',
      description:
        'Only 127.0.0.1 or localhost: the studio is not made to be reached from a network.',
    },
    allow: {
      kind: 'path',
      repeatable: true,
      valueName: 'FOLDER',
      label: 'Allowed folders',
      description:
        'Another folder that models and files may be chosen from, besides your home, the workspace and the current folder. May be given several times.',
    },
    open: {
      kind: 'flag',
      default: false,
      label: 'Open',
      description: 'Open the address in the default browser.',
    },
    ...servingOptions,
  },
  examples: [
    { command: 'gguf-studio serve --open', explains: 'The window in the default browser' },
    { command: 'gguf-studio serve --port 5000 ~/models', explains: 'A workspace on a chosen port' },
    {
      command: 'gguf-studio serve --allow /mnt/models',
      explains: 'Models on another disk may be chosen, too',
    },
    {
      command: 'gguf-studio serve --manifest family/router.json --no-window',
      explains: "OpenAI's API alone, for a machine without a screen",
    },
  ],
});

export const serveCommand = defineCommand(descriptor, async ({ options, positionals }, context) => {
  if (!isLoopbackHost(options.host)) {
    throw usageError(
      `--host ${options.host} is refused: the studio answers this machine only.`,
      'Forward the port instead: ssh -L 4890:127.0.0.1:4890 MACHINE.',
    );
  }
  const [folder] = positionals;
  const workspace = folder === undefined ? undefined : context.resolvePath(folder);
  const manifest = await chooseManifest(
    options.manifest === undefined ? undefined : context.resolvePath(options.manifest),
    workspace,
    (message) => context.show({ event: 'notice', level: 'warning', message }),
  );
  if (manifest === undefined && !options.window) {
    throw usageError(
      'Without a window and without a manifest there is nothing to serve.',
      'Name one: --manifest router.json, or a workspace that has one.',
    );
  }
  const plan: ServePlan = {
    manifest,
    workspace,
    allowed: await existingFolders(options.allow.map((path) => context.resolvePath(path))),
    port: options.port,
    isOpened: options.open,
    ...(await chooseToken(options.token)),
    serving: {
      ...(options.memory !== undefined && { memoryBudgetBytes: parseMemory(options.memory) }),
      ...(options.preload.length > 0 && { preload: options.preload }),
      ...(options.streams !== undefined && { streams: options.streams }),
      ...(options.trace !== undefined && { traceFile: context.resolvePath(options.trace) }),
      onEvent: (event) => context.show(event),
    },
  };
  await (options.window ? serveWindow(plan, context) : serveFamilyAlone(plan, context));
  return { result: {}, text: 'Ended.\n' };
});

interface ServePlan {
  readonly manifest: string | undefined;
  readonly workspace: string | undefined;
  readonly allowed: readonly string[];
  readonly port: number | undefined;
  readonly isOpened: boolean;
  readonly token: string;
  readonly keptIn: string | undefined;
  readonly serving: NonNullable<StudioPlatform['servingOptions']>;
}

async function serveWindow(plan: ServePlan, context: CommandContext): Promise<void> {
  // Loaded here and not above: no other command pays for the studio and the server.
  const [{ openStudio }, { startServer }, { createFamilySlot }] = await Promise.all([
    import('#src/studio/open-studio.ts'),
    import('#electron/server/start-server.ts'),
    import('#electron/server/family-slot.ts'),
  ]);
  const { token, manifest } = plan;
  let port = 0;
  const slot = createFamilySlot(() => apiAddress(port), token);
  const studio = await openStudio({
    platform: {
      mode: 'browser',
      serveFamily: (family) => slot.serve(family),
      servingOptions: plan.serving,
    },
    ...(plan.workspace === undefined ? {} : { workspaceFolder: plan.workspace }),
    allowedFolders: plan.allowed,
  });
  try {
    let first: string | undefined;
    const server = await startServer({
      studio,
      v1: { token, family: () => slot.current },
      ...(plan.port === undefined ? {} : { port: plan.port }),
      onAddress(address) {
        if (first === undefined) first = address;
        else context.print(`For another browser: ${address}\n`);
      },
    });
    ({ port } = server);
    try {
      if (manifest !== undefined) {
        const [file] = await studio.acceptPaths([await manifestFile(manifest)]);
        await studio.handlers.startServing(
          { file: file! },
          { signal: context.signal, emit: () => undefined },
        );
      }
      context.announce({
        result: {
          port,
          window: first,
          api: apiAddress(port),
          token,
          ...(manifest !== undefined && { manifest }),
        },
        text: `GGUF Studio: ${first ?? ''}\n${manifest === undefined ? '' : apiText(plan, port)}Ctrl+C ends it.\n`,
      });
      if (plan.isOpened && first !== undefined) openInBrowser(first);
      await untilAborted(context.signal);
    } finally {
      await server.close();
    }
  } finally {
    await studio.dispose();
  }
}

async function serveFamilyAlone(plan: ServePlan, context: CommandContext): Promise<void> {
  const [{ openFamily }, { startServer }] = await Promise.all([
    import('#src/serving/open-family.ts'),
    import('#electron/server/start-server.ts'),
  ]);
  const manifest = plan.manifest!;
  const engine = openHost(engineContract, {
    name: 'engine',
    onLogLine: (text) => context.show({ event: 'log', level: 'debug', text }),
  });
  try {
    const family = await openFamily({
      path: manifest,
      engine: (method, params, options) => engine.call(method, params, options),
      ...plan.serving,
    });
    const server = await startServer({
      v1: { token: plan.token, family: () => family },
      ...(plan.port === undefined ? {} : { port: plan.port }),
    });
    try {
      for (const message of await family.preload(context.signal)) {
        context.show({ event: 'notice', level: 'warning', message });
      }
      const { port } = server;
      context.announce({
        result: { port, api: apiAddress(port), token: plan.token, manifest },
        text: `${apiText(plan, port)}Ctrl+C ends it.\n`,
      });
      await untilAborted(context.signal);
    } finally {
      await family.dispose();
      await server.close();
    }
  } finally {
    await engine.dispose();
  }
}

function apiAddress(port: number): string {
  return `http://127.0.0.1:${port}/v1`;
}

function apiText({ manifest, token, keptIn }: ServePlan, port: number): string {
  const kept = keptIn === undefined ? '' : ` (kept in ${keptIn})`;
  return `${manifest ?? ''} is served: ${apiAddress(port)}\nToken: ${token}${kept}\n`;
}

/** A package is named by its folder. */
async function manifestFile(path: string): Promise<string> {
  const { readFamily } = await import('#src/serving/read-family.ts');
  return (await readFamily(path)).path;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    // A pending promise alone does not keep Node running; the server does.
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Starts the system's opener. The address is on the screen anyway, so a missing opener is no error. */
function openInBrowser(address: string): void {
  const [program, words] =
    process.platform === 'darwin'
      ? ['open', [address]]
      : process.platform === 'win32'
        ? ['rundll32', ['url.dll,FileProtocolHandler', address]]
        : ['xdg-open', [address]];
  const child = spawn(program, words, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

/** Throws for a folder that cannot be allowed, rather than leaving it out. */
async function existingFolders(paths: readonly string[]): Promise<readonly string[]> {
  for (const path of paths) {
    const status = await stat(path).catch((error: unknown) => {
      throw toIoError(error, path);
    });
    if (!status.isDirectory()) {
      throw new StudioError('usage/invalid', `--allow ${path}: this is a file.`, {
        hint: 'Give the folder that it is in.',
      });
    }
  }
  return paths;
}

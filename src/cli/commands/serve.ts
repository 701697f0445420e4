// `serve`: the studio's window in a browser, for machines without a screen and where the desktop window cannot run.
import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { isLoopbackHost } from '#electron/server/request-checks.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from '#src/io/io-error.ts';
import { describeCommand } from '#src/stages/stage-descriptor.ts';
import { defineCommand } from '../command.ts';
import { usageError } from '../usage-error.ts';

const descriptor = describeCommand({
  name: 'serve',
  title: 'Serve',
  summary: 'Open the studio in a browser on this machine',
  description: [
    'Prints an address that lets one browser in, once; each use prints the next one. Only this machine can reach it: from another one, forward the same port, for example ssh -L 4890:127.0.0.1:4890 MACHINE.',
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
  },
  examples: [
    { command: 'gguf-studio serve --open', explains: 'The window in the default browser' },
    { command: 'gguf-studio serve --port 5000 ~/models', explains: 'A workspace on a chosen port' },
    {
      command: 'gguf-studio serve --allow /mnt/models',
      explains: 'Models on another disk may be chosen, too',
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
  // Loaded here and not above: no other command pays for the studio and the server.
  const [{ openStudio }, { startServer }] = await Promise.all([
    import('#src/studio/open-studio.ts'),
    import('#electron/server/start-server.ts'),
  ]);
  const [folder] = positionals;
  const studio = await openStudio({
    platform: { mode: 'browser' },
    ...(folder === undefined ? {} : { workspaceFolder: context.resolvePath(folder) }),
    allowedFolders: await existingFolders(options.allow.map((path) => context.resolvePath(path))),
  });
  try {
    let first: string | undefined;
    const server = await startServer({
      studio,
      ...(options.port === undefined ? {} : { port: options.port }),
      onAddress(address) {
        if (first === undefined) {
          first = address;
          context.print(`GGUF Studio: ${address}\nCtrl+C ends it.\n`);
        } else {
          context.print(`For another browser: ${address}\n`);
        }
      },
    });
    if (options.open && first !== undefined) openInBrowser(first);
    try {
      await untilAborted(context.signal);
    } finally {
      await server.close();
    }
    return { result: { port: server.port }, text: 'Ended.\n' };
  } finally {
    await studio.dispose();
  }
});

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

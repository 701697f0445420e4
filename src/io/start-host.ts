// Starts the processes that hold native code, in the same way for the command line, the TypeScript API, tests and
// Electron: a fork of a bundled script with a chosen Node (design.md section 3). It never throws away why a host ended.
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Port, PortClosed } from '#src/rpc/port.ts';
import { createLogTail } from './log-tail.ts';

export type HostName = 'factory' | 'engine' | 'speed';

/** Each host's bundle below dist; that of `speed`, which the factory starts, lies beside the factory's. */
const hostBundles: Record<HostName, string> = {
  factory: 'factory/factory-host.js',
  engine: 'engine/engine-host.js',
  speed: 'factory/speed-host.js',
};

export interface HostOptions {
  readonly name: HostName;
  /** Every line that the host writes to its standard output or error (native libraries do). */
  readonly onLogLine?: (line: string) => void;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Lines kept for crash reports. */
const keptLogLines = 40;

export class HostProcess {
  readonly name: HostName;
  readonly port: Port;
  /** Resolves when the process has ended. */
  readonly exited: Promise<PortClosed>;
  readonly #child: ChildProcess;

  private constructor(options: HostOptions, child: ChildProcess) {
    this.name = options.name;
    this.#child = child;
    const tail = createLogTail(keptLogLines, options.onLogLine);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => tail.push(text));
    }
    this.exited = new Promise((resolve) => {
      const end = (reason: string) => resolve({ reason, lastLines: tail.lines() });
      child.once('error', (error) => end(error.message));
      // `close` comes after the output is read to its end, `exit` may come before.
      child.once('close', (code, signal) =>
        end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`),
      );
    });
    this.port = {
      send: (message) => {
        // A send that fails because the process just died is told by `exited`.
        if (child.connected) child.send(message as object, () => undefined);
      },
      onMessage: (listener) => void child.on('message', listener),
      onClose: (listener) => void this.exited.then(listener),
    };
  }

  /** Forks the host's bundle. Throws `internal` when the bundle is missing. */
  static start(options: HostOptions): HostProcess {
    const child = fork(hostScript(options.name), [], {
      execPath: hostNode(),
      execArgv: [],
      env: hostEnvironment(options),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Only JSON crosses: the two sides may run different Node versions.
      serialization: 'json',
    });
    return new HostProcess(options, child);
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** Asks the host to end, waits `graceMilliseconds`, then kills it. Resolves when it is gone. */
  async stop(graceMilliseconds = 3000): Promise<PortClosed> {
    this.#child.on('message', (message) => {
      // It has said goodbye and has nothing more to do: no need to wait for native threads to wind down.
      if (isDone(message)) this.kill();
    });
    this.port.send({ type: 'stop' });
    const timer = setTimeout(() => this.kill(), graceMilliseconds);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the host at once; native code that does not return to JavaScript leaves no other way. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

function isDone(message: unknown): boolean {
  return (
    typeof message === 'object' && message !== null && 'type' in message && message.type === 'done'
  );
}

/** The Node that hosts run on: `GGUF_STUDIO_NODE`, Electron's own binary, or the running Node. */
function hostNode(): string {
  return process.env['GGUF_STUDIO_NODE'] || process.execPath;
}

function hostEnvironment(options: HostOptions): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...options.environment };
  const runsElectron =
    process.versions['electron'] !== undefined && !process.env['GGUF_STUDIO_NODE'];
  if (runsElectron) environment['ELECTRON_RUN_AS_NODE'] = '1';
  // koffi's asynchronous calls and file reads share libuv's pool, which has 4 threads unless told otherwise.
  environment['UV_THREADPOOL_SIZE'] ??= String(Math.max(4, availableParallelism() + 2));
  return environment;
}

/** The bundled script beside this one's bundle, or in dist when this file runs from source. */
function hostScript(name: HostName): string {
  const candidates = [`../${hostBundles[name]}`, `../../dist/${hostBundles[name]}`].map(
    (relative) =>
      fileURLToPath(new URL(relative, import.meta.url)).replace(
        /app\.asar(?=[\\/])/,
        'app.asar.unpacked',
      ),
  );
  const script = candidates.find((candidate) => existsSync(candidate));
  if (script !== undefined) return script;
  throw new StudioError('internal', `The ${name} host is not built (${candidates.join(', ')}).`, {
    hint: 'Run npm run build.',
  });
}

// Runs one command line and says what to print and which code to exit with. No process.exit and no global state, so
// that tests can run it in their own process.
import { resolve } from 'node:path';
import { fromWireError, StudioError, toWireError } from '#src/errors/studio-error.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { commandLineText } from './command-line-text.ts';
import type { Command, CommandContext, CommandOutcome } from './command.ts';
import { commonOptions, type CommonValues } from './common-options.ts';
import type { Hosts } from './hosts.ts';
import { nearestName } from './nearest-name.ts';
import { parseArguments } from './parse-arguments.ts';
import { renderCommandHelp, renderProgramHelp } from './render-help.ts';
import { renderError } from './show-error.ts';
import { createProgressDisplay } from './show-progress.ts';
import type { Terminal } from './terminal.ts';
import { usageError } from './usage-error.ts';
import { studioVersion } from './version.ts';

export interface RunEnvironment {
  readonly commands: readonly Command[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Relative paths start here. */
  readonly folder: string;
  openHosts(
    signal: AbortSignal,
    show: (event: StageEvent) => void,
    environment?: Readonly<Record<string, string>>,
  ): Hosts;
  /** Called with the hosts once they are prepared. */
  onHosts?(hosts: Hosts, show: (event: StageEvent) => void): void;
}

/** Runs `words` (without node and script) to its end; gives the exit code. */
export async function runCommand(
  words: readonly string[],
  environment: RunEnvironment,
): Promise<number> {
  const { terminal } = environment;
  const [name, ...rest] = words;
  // Before the words are understood, errors must already come in the form that was asked for.
  const json = rest.includes('--json');
  const verbose = rest.includes('--verbose') || rest.includes('-v');
  const reporter = createReporter(terminal, name ?? '', json, verbose);
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      return showHelp(name === 'help' ? rest[0] : undefined, environment, name === undefined);
    }
    if (name === '--version' || name === '-V') {
      terminal.out(`${studioVersion}\n`);
      return 0;
    }
    const command = findCommand(name, environment.commands);
    if (rest.includes('--help') || rest.includes('-h')) {
      return showHelp(name, environment, false);
    }
    return await runParsed(command, rest, environment, reporter);
  } catch (error) {
    return reporter.failed(error);
  }
}

async function runParsed(
  command: Command,
  words: readonly string[],
  environment: RunEnvironment,
  reporter: Reporter,
): Promise<number> {
  const { terminal, folder, signal } = environment;
  const { descriptor } = command;
  const parsed = parseArguments({ ...descriptor.options, ...commonOptions }, words, folder);
  checkPositionals(descriptor, parsed.positionals);
  const common = parsed.values as CommonValues;
  const display = createProgressDisplay(terminal, common);
  const show = (event: StageEvent) => {
    if (event.event === 'notice') reporter.notices.push(event);
    display.show(event);
  };
  const { kernels } = parsed.values as { readonly kernels?: string };
  const hosts = environment.openHosts(
    signal,
    show,
    kernels === undefined ? {} : { GGUF_STUDIO_KERNELS: kernels },
  );
  environment.onHosts?.(hosts, show);
  const context: CommandContext = {
    signal,
    ...hosts,
    commandLine: commandLineText(['gguf-studio', descriptor.name, ...words]),
    resolvePath: (path) => resolve(folder, path),
    show,
    print: (text) => {
      display.clear();
      if (!common.json) terminal.out(text);
    },
    announce: (outcome) => {
      display.clear();
      reporter.announced(outcome);
    },
    ...askingOf(terminal, common.json, signal),
    style: terminal.outStyle,
    json: common.json,
    quiet: common.quiet,
  };
  try {
    const { positionals, given } = parsed;
    const invocation = { options: parsed.values as never, positionals, given };
    const outcome = await command.run(invocation, context);
    display.clear();
    return reporter.finished(outcome);
  } finally {
    display.clear();
    await hosts.dispose();
  }
}

/** A document is for programs, which are not asked. */
function askingOf(
  { ask }: Terminal,
  json: boolean,
  signal: AbortSignal,
): Pick<CommandContext, 'ask'> {
  return ask === undefined || json ? {} : { ask: (question) => ask(question, signal) };
}

function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((candidate) => candidate.descriptor.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.descriptor.name);
  const nearest = nearestName(name, names);
  throw usageError(
    name.startsWith('-') ? `Unknown flag ${name}.` : `There is no command "${name}".`,
    nearest === undefined ? `Commands: ${names.join(', ')}.` : `Did you mean ${nearest}?`,
  );
}

function checkPositionals(descriptor: Command['descriptor'], positionals: readonly string[]): void {
  const { minimum, maximum } = descriptor.positionals;
  if (positionals.length >= minimum && positionals.length <= maximum) return;
  const form = descriptor.forms.map((each) => `gguf-studio ${descriptor.name} ${each}`.trim());
  const extra = positionals[maximum];
  throw usageError(
    extra === undefined
      ? `${descriptor.name} needs ${minimum === 1 ? 'an argument' : `${minimum} arguments`}.`
      : `"${extra}" is one argument too many for ${descriptor.name}.`,
    `Write: ${form.join(', or ')}.`,
  );
}

function showHelp(
  name: string | undefined,
  environment: RunEnvironment,
  asMistake: boolean,
): number {
  const { terminal, commands } = environment;
  if (name !== undefined) {
    const { descriptor } = findCommand(name, commands);
    terminal.out(renderCommandHelp(descriptor, commonOptions, terminal.outStyle));
    return 0;
  }
  const descriptors = commands.map((command) => command.descriptor);
  const text = renderProgramHelp(descriptors, studioVersion, terminal.outStyle);
  if (!asMistake) terminal.out(text);
  else terminal.error(text);
  return asMistake ? 64 : 0;
}

interface Reporter {
  readonly notices: Extract<StageEvent, { event: 'notice' }>[];
  /** Prints an outcome while the command goes on. */
  announced(outcome: CommandOutcome): void;
  finished(outcome: CommandOutcome): number;
  failed(error: unknown): number;
}

/** Prints the end of a command in the form that was asked for; gives the exit code. */
function createReporter(
  terminal: Terminal,
  command: string,
  json: boolean,
  verbose: boolean,
): Reporter {
  const notices: Reporter['notices'] = [];
  let isAnnounced = false;
  // JSON.stringify leaves the C1 controls as they are; a terminal would obey them.
  const printJson = (document: object) =>
    terminal.out(
      `${JSON.stringify(document, null, 2).replaceAll(/[\u007f-\u009f]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`,
    );
  const wireOf = (error: StudioError) => {
    const { stack, ...wire } = toWireError(error);
    return verbose || error.kind === 'bug' ? { ...wire, stack } : wire;
  };
  return {
    notices,
    announced({ result, text }) {
      isAnnounced = true;
      const plainNotices = notices.map(({ level, message }) => ({ level, message }));
      if (json) printJson({ ok: true, command, result, notices: plainNotices });
      else terminal.out(text);
    },
    finished({ result, text, failure, document = {} }) {
      // One document is one answer: what was announced is not said again.
      if (json && isAnnounced && failure === undefined) return 0;
      const plainNotices = notices.map(({ level, message }) => ({ level, message }));
      if (json) {
        const ok = failure === undefined;
        const error = failure === undefined ? {} : { error: wireOf(failure) };
        printJson({ ok, command, ...document, result, notices: plainNotices, ...error });
      } else {
        terminal.out(text);
        if (failure !== undefined)
          terminal.error(renderError(failure, terminal.errorStyle, verbose));
      }
      return failure?.exitCode ?? 0;
    },
    failed(thrown) {
      const error = thrown instanceof StudioError ? thrown : fromWireError(toWireError(thrown));
      if (json) printJson({ ok: false, command, error: wireOf(error) });
      else terminal.error(renderError(error, terminal.errorStyle, verbose));
      return error.exitCode;
    },
  };
}

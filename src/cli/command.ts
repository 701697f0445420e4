// What a command is to the command line: a descriptor, and a function from parsed arguments to an outcome.
import type { EngineClient, FactoryClient } from './hosts.ts';
import type { StudioError } from '#src/errors/studio-error.ts';
import type { CommandDescriptor, OptionSet, OptionValues } from '#src/stages/stage-descriptor.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import type { Style } from './terminal.ts';

export interface CommandContext {
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
  /** Calls the factory host (started at the first call) and shows its events. */
  readonly factory: FactoryClient;
  /** Calls the engine host, likewise. */
  readonly engine: EngineClient;
  /** As it was typed, quoted for a shell. */
  readonly commandLine: string;
  /** Makes a path that was typed absolute. */
  resolvePath(path: string): string;
  /** Shows an event of work that the command does itself. */
  show(event: StageEvent): void;
  /** Writes to standard output while the command runs; does nothing with --json. */
  print(text: string): void;
  /** Asks for a yes or no; absent where nobody can answer (no terminal, or --json). Throws `signal.reason`. */
  readonly ask?: (question: string) => Promise<boolean>;
  /**
   * For a command that runs until it is ended: prints its outcome now, in either form. What it returns at its end is then
   * its text alone.
   */
  announce(outcome: CommandOutcome): void;
  /** For texts that go to standard output. */
  readonly style: Style;
  readonly json: boolean;
  readonly quiet: boolean;
}

export interface CommandOutcome {
  /** What `--json` prints under `result`: JSON values only. */
  readonly result: unknown;
  /** What `--json` prints beside `result`, for scripts that look no deeper. */
  readonly document?: Readonly<Record<string, unknown>>;
  /** What is printed without `--json`. */
  readonly text: string;
  /** A check that failed: the result is still printed, the exit code is the error's. */
  readonly failure?: StudioError;
}

export interface Invocation<S extends OptionSet> {
  readonly options: OptionValues<S>;
  readonly positionals: readonly string[];
  /** Option name -> the texts as they were typed, for options that were given. */
  readonly given: ReadonlyMap<string, readonly string[]>;
}

export interface Command {
  readonly descriptor: CommandDescriptor;
  run(invocation: Invocation<OptionSet>, context: CommandContext): Promise<CommandOutcome>;
}

/** Joins a descriptor and its function; parseArguments makes the values that the descriptor's types promise. */
export function defineCommand<S extends OptionSet>(
  descriptor: CommandDescriptor<S>,
  run: (invocation: Invocation<S>, context: CommandContext) => Promise<CommandOutcome>,
): Command {
  return { descriptor, run };
}

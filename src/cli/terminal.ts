// Where the command line writes: results to standard output, everything else to standard error, and what the terminal
// can show (colour, redrawing, width). Injected, so that tests read what a user would see.
import { askYes } from './ask-yes.ts';

export interface Terminal {
  /** Results; one text, ends with a line break. */
  out(text: string): void;
  /** Progress, notices and errors. */
  error(text: string): void;
  /** True when a line on standard error can be redrawn. */
  readonly redraws: boolean;
  readonly columns: number;
  /** Asks on standard error for a yes or no; absent where nobody sits who could answer. Throws `signal.reason`. */
  readonly ask?: (question: string, signal: AbortSignal) => Promise<boolean>;
  readonly outStyle: Style;
  readonly errorStyle: Style;
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
} as const;

/** Escape codes, or the text itself. */
export function createStyle(colours: boolean): Style {
  const wrap = (name: keyof typeof codes) => (text: string) => {
    const [on, off] = codes[name];
    return colours ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
  return {
    bold: wrap('bold'),
    dim: wrap('dim'),
    red: wrap('red'),
    yellow: wrap('yellow'),
    green: wrap('green'),
  };
}

/** https://no-color.org: set and not empty means no colour; a dumb terminal and a pipe have none either. */
export function wantsColours(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  if (environment['NO_COLOR']) return false;
  if (environment['FORCE_COLOR']) return environment['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && environment['TERM'] !== 'dumb';
}

export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  // A reader that closes the pipe (`| head`) ends the output, not the program.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    out: (text) => void stdout.write(text),
    error: (text) => void stderr.write(text),
    redraws: stderr.isTTY === true && env['TERM'] !== 'dumb',
    columns: stderr.columns || 80,
    outStyle: createStyle(wantsColours(stdout, env)),
    errorStyle: createStyle(wantsColours(stderr, env)),
    // A pipe must not answer by accident.
    ...(process.stdin.isTTY === true && stderr.isTTY === true
      ? { ask: (question, signal) => askYes(question, signal, process.stdin, stderr) }
      : {}),
  };
}

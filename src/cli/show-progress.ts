// StageEvents -> standard error. On a terminal one line is redrawn; elsewhere (CI, a pipe) a plain line every few
// seconds, so that logs stay readable and still show that work goes on.
import type { StageEvent } from '#src/contract/stage-events.ts';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { createRateMeter } from '#src/jobs/rate-meter.ts';
import type { Terminal } from './terminal.ts';

export interface ProgressOptions {
  /** No progress, no notices of level info. */
  readonly quiet: boolean;
  /** Native log lines too. */
  readonly verbose: boolean;
  /** Seconds, rising. */
  readonly now?: () => number;
}

export interface ProgressDisplay {
  show(event: StageEvent): void;
  /** Removes the redrawn line; call it before other output. */
  clear(): void;
}

/** Seconds between plain lines. */
const plainInterval = 3;

export function createProgressDisplay(
  terminal: Terminal,
  options: ProgressOptions,
): ProgressDisplay {
  const now = options.now ?? (() => performance.now() / 1000);
  const style = terminal.errorStyle;
  const meter = createRateMeter();
  const effortMeter = createRateMeter();
  let phase = '';
  let drawn = false;
  let lastPlain = Number.NEGATIVE_INFINITY;

  const clear = () => {
    if (drawn) terminal.error('\r\u001b[2K');
    drawn = false;
  };
  const line = (text: string) => {
    clear();
    terminal.error(`${text}\n`);
  };
  const draw = (text: string) => {
    terminal.error(`\r\u001b[2K${text.slice(0, Math.max(20, terminal.columns - 1))}`);
    drawn = true;
  };

  const showProgress = (event: Extract<StageEvent, { event: 'progress' }>) => {
    if (options.quiet) return;
    const { done, total, effort } = event;
    meter.record(done, total, now());
    if (effort !== undefined) effortMeter.record(effort.done, effort.total, now());
    const left = effort === undefined ? meter.secondsLeft() : effortMeter.secondsLeft();
    const text = [phase, ...describeProgress(event, meter.rate(), left)]
      .filter((part) => part !== '')
      .join('  ');
    if (terminal.redraws) return draw(text);
    if (now() - lastPlain < plainInterval) return;
    lastPlain = now();
    terminal.error(`${text}\n`);
  };

  return {
    clear,
    show(event) {
      switch (event.event) {
        case 'phase':
          phase = capitalized(
            printable(event.detail === undefined ? event.phase : `${event.phase} ${event.detail}`),
          );
          if (options.quiet) return;
          if (terminal.redraws) return draw(phase);
          // The first line of a phase is always printed, short phases in quick succession are not.
          if (now() - lastPlain < plainInterval) return;
          lastPlain = now();
          return terminal.error(`${phase}\n`);
        case 'progress':
          return showProgress(event);
        case 'step':
          // Where each node stands is for the canvas and the job; here the phase says it.
          return;
        case 'notice':
          if (event.level === 'warning')
            return line(`${style.yellow('Warning:')} ${printable(event.message)}`);
          return options.quiet ? undefined : line(printable(event.message));
        case 'log':
          return options.verbose ? line(style.dim(printable(event.text.trimEnd()))) : undefined;
        case 'artifact': {
          if (options.quiet) return;
          const how = event.reused === true ? 'Unchanged' : 'Written';
          return line(`${style.green(how)} ${event.path} (${formatBytes(event.bytes)})`);
        }
      }
    },
  };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function describeProgress(
  event: Extract<StageEvent, { event: 'progress' }>,
  rate: number | undefined,
  secondsLeft: number | undefined,
): string[] {
  const percentage = event.total > 0 ? Math.floor((100 * event.done) / event.total) : 0;
  const speed =
    rate === undefined || event.unit !== 'bytes' ? '' : `${formatBytes(Math.round(rate))}/s`;
  return [
    `${String(Math.min(100, percentage)).padStart(3)} %`,
    event.unit === 'bytes' ? '' : `${event.done} of ${event.total} ${event.unit}`,
    speed,
    secondsLeft === undefined ? '' : `${formatDuration(secondsLeft)} left`,
    printable(event.detail ?? ''),
  ];
}

// Jobs as text: the list, one job with its steps, and lines of its log.
import type { Job, JobLogLine, JobStep } from '#src/contract/jobs.ts';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderFacts, renderTable } from './render-table.ts';
import type { Style } from './terminal.ts';

export function renderJobs(jobs: readonly Job[]): string {
  if (jobs.length === 0) return 'No jobs yet: what the window, the command line and scripts build, convert, quantize or validate is listed here.\n'; // prettier-ignore
  const rows = jobs.map((job) => [
    job.id,
    job.state,
    remarkOf(job),
    localTime(job.createdAt),
    tookOf(job),
    job.origin,
    printable(job.title),
  ]);
  const columns = [
    { title: 'id' },
    { title: 'state' },
    { title: 'progress' },
    { title: 'begun' },
    { title: 'took', align: 'right' as const },
    { title: 'from' },
    { title: 'title' },
  ];
  return renderTable(columns, rows);
}

export function renderJob(job: Job): string {
  const facts: (readonly [string, string])[] = [
    ['job', job.id],
    ['title', printable(job.title)],
    ['state', job.state],
    ['from', job.origin],
    ['folder', printable(job.folder)],
    ...(job.recipePath === undefined ? [] : [['recipe', printable(job.recipePath)] as const]),
    ...(job.command === undefined ? [] : [['command', printable(job.command)] as const]),
    ['begun', localTime(job.createdAt)],
    ...(job.endedAt === undefined ? [] : [['ended', localTime(job.endedAt)] as const]),
    ...(tookOf(job) === '' ? [] : [['took', tookOf(job)] as const]),
    ...(job.phase === undefined ? [] : [['phase', printable(job.phase)] as const]),
    ...(job.progress === undefined ? [] : [['progress', remarkOf(job)] as const]),
  ];
  const steps = job.steps.map((step) => [
    printable(step.node),
    step.level ?? '',
    step.state,
    percentOf(step),
    step.secondsLeft === undefined ? '' : `${formatDuration(step.secondsLeft)} left`,
  ]);
  const columns = [
    { title: 'node' },
    { title: 'level' },
    { title: 'state' },
    { title: 'done', align: 'right' as const },
    { title: '' },
  ];
  const files = (job.result?.files ?? []).map(
    ({ path, bytes, reused }) =>
      `${reused ? 'unchanged' : 'built'} ${printable(path)} (${formatBytes(bytes)})\n`,
  );
  const error = job.error === undefined ? [] : [`Error: ${printable(job.error.message)}\n`, ...(job.error.hint === undefined ? [] : [`${printable(job.error.hint)}\n`])]; // prettier-ignore
  return [
    renderFacts(facts),
    ...(steps.length === 0 ? [] : ['\n', renderTable(columns, steps)]),
    ...(files.length === 0 ? [] : ['\n', ...files]),
    ...(job.notices.length === 0 ? [] : ['\n', ...job.notices.map((text) => `${printable(text)}\n`)]), // prettier-ignore
    ...(error.length === 0 ? [] : ['\n', ...error]),
  ].join('');
}

export function renderLogLine({ time, level, text }: JobLogLine, style: Style): string {
  const clock = style.dim(localTime(time).slice(11));
  const words = printable(text);
  const shown = level === 'debug' ? style.dim(words) : words;
  const mark = level === 'warning' ? `${style.yellow('Warning:')} ` : level === 'error' ? `${style.red('Error:')} ` : ''; // prettier-ignore
  return `${clock}  ${mark}${shown}\n`;
}

/** The one thing to know beside the state: how far, how much, or why not. */
function remarkOf({ state, progress, error, result }: Job): string {
  if (state === 'done' && result !== undefined) {
    const bytes = result.files.reduce((sum, file) => sum + file.bytes, 0);
    const count = result.files.length;
    const valid = result.validated?.length;
    const healthy = result.diagnosed?.length;
    if (healthy !== undefined) return healthy === 1 ? '1 file healthy' : `${healthy} files healthy`;
    if (valid !== undefined) return valid === 1 ? '1 file valid' : `${valid} files valid`;
    return `${count === 1 ? '1 file' : `${count} files`}, ${formatBytes(bytes)}`;
  }
  if (error !== undefined) return error.code;
  if (progress === undefined) return '';
  const { secondsLeft } = progress;
  const left = secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft)} left`;
  return `${percentOf(progress)}${left}`;
}

function percentOf({ done, total }: Pick<JobStep, 'done' | 'total'>): string {
  if (done === undefined || total === undefined || total === 0) return '';
  return `${Math.min(100, Math.floor((100 * done) / total))} %`;
}

function tookOf({ startedAt, endedAt, state }: Job): string {
  if (startedAt === undefined) return '';
  const end = endedAt ?? (state === 'running' ? Date.now() : undefined);
  return end === undefined ? '' : formatDuration(Math.max(0, end - startedAt) / 1000);
}

/** `2026-03-01 14:05:09` in this machine's time zone. */
function localTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${[two(time.getHours()), two(time.getMinutes()), two(time.getSeconds())].join(':')}`;
}

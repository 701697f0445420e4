// `bench-speed`: how fast files load, read and write, and what memory they take.
import type { Speed, Timing } from '#src/contract/quality/measurements.ts';
import type { SubjectRequest } from '#src/contract/quality/subjects.ts';
import { benchSpeedDescriptor } from '#src/stages/bench-speed/descriptor.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { defineCommand } from '../command.ts';
import { modelSubjects } from '../model-subjects.ts';
import { printable } from '../printable.ts';
import { recordSpeed } from '../record-command.ts';
import { renderTable } from '../render-table.ts';
import type { Style } from '../terminal.ts';

export const benchSpeedCommand = defineCommand(
  benchSpeedDescriptor,
  async ({ options, positionals }, context) => {
    const paths = positionals.map((path) => context.resolvePath(path));
    const subjects = modelSubjects('bench-speed', options, paths);
    const { threads } = options;
    const { speed } = await recordSpeed(context, {
      subjects,
      promptTokens: options['n-prompt'],
      generatedTokens: options['n-gen'],
      runs: options.repetitions,
      gpuLayers: options['n-gpu-layers'],
      ...(threads === undefined ? {} : { threads }),
    });
    return { result: { subjects, speed }, text: renderSpeed(speed, subjects, context.style) };
  },
);

function renderSpeed(
  speeds: readonly Speed[],
  subjects: readonly SubjectRequest[],
  style: Style,
): string {
  const [first] = speeds;
  if (first === undefined) return '';
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    { title: 'file' },
    right('load'),
    right(`pp${first.promptTokens} tokens/s`),
    right(`tg${first.generatedTokens} tokens/s`),
    right('first token'),
    right('peak RAM'),
    ...(speeds.some(({ peakVramBytes }) => peakVramBytes !== undefined)
      ? [right('peak VRAM')]
      : []),
  ];
  const rows = speeds.map((speed) => [
    printable(subjects.find(({ id }) => id === speed.subject)?.label ?? speed.subject),
    spread(speed.loadSeconds, seconds),
    spread(speed.promptTokensPerSecond, rate),
    spread(speed.generationTokensPerSecond, rate),
    spread(speed.firstTokenSeconds, seconds),
    formatBytes(speed.peakRamBytes),
    ...(speed.peakVramBytes === undefined ? [] : [formatBytes(speed.peakVramBytes)]),
  ]);
  const threads = [...new Set(speeds.map((each) => each.threads))].join(' and ');
  const { device, runs, processRamBytes } = first;
  const own =
    processRamBytes === undefined
      ? ''
      : ` Peak RAM holds ${formatBytes(processRamBytes)} of the program itself.`;
  const title = `${device}, ${threads} ${threads === '1' ? 'thread' : 'threads'}, ${runs} ${runs === 1 ? 'run' : 'runs'}: median (lowest to highest)`;
  return `${style.bold(title)}\n\n${renderTable(columns, rows)}\nLoads with the file in the page cache.${own}\n`;
}

/** `51.2 (50.9-51.4)`: the ends as they are written are left out where they do not differ. */
function spread({ median, low, high }: Timing, write: (value: number) => string): string {
  const [middle, from, to] = [write(median), write(low), write(high)];
  return from === to ? middle : `${middle} (${from} to ${to})`;
}

function rate(value: number): string {
  return value.toFixed(value >= 100 ? 0 : 1);
}

function seconds(value: number): string {
  return value < 1 ? `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms` : `${value.toFixed(2)} s`;
}

// `sizes`: a table of all levels.
import type { Sizes } from '#src/contract/sizes.ts';
import { sizesDescriptor } from '#src/stages/sizes/descriptor.ts';
import { levels, type Level } from '#src/tensors/levels.ts';
import { defineCommand } from '../command.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../render-table.ts';
import type { Style } from '../terminal.ts';

export const sizesCommand = defineCommand(
  sizesDescriptor,
  async ({ options, positionals: [target = ''] }, context) => {
    const path = context.resolvePath(target);
    const wanted = options.levels ?? (Object.keys(levels) as Level[]);
    const kept = options.imatrix
      ? wanted
      : wanted.filter((level) => !('needsImatrix' in levels[level]));
    const sizes = await context.factory('sizes', { path, levels: [...kept] });
    return { result: sizes, text: renderSizes(sizes, context.style) };
  },
);

function renderSizes(sizes: Sizes, style: Style): string {
  const rows = sizes.levels.map((level) => [
    `${level.level}${level.needsImatrix ? ' *' : ''}`,
    formatCount(level.bytes),
    formatBytes(level.bytes),
    level.bitsPerWeight.toFixed(2),
    printable(level.notices.join(' ')),
  ]);
  const columns = [
    { title: 'level' },
    { title: 'bytes', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'bpw', align: 'right' as const },
    { title: '' },
  ];
  const notes = [
    ...(sizes.levels.some(({ needsImatrix }) => needsImatrix)
      ? ['* needs an importance matrix; what it records about it adds some 200 bytes']
      : []),
    ...sizes.refused.map(({ level, reason }) => `${level}: ${printable(reason)}`),
    ...(sizes.countsMetadata
      ? []
      : ['Without a tokenizer only the tensors are counted; metadata adds 1 to 10 MB.']),
  ];
  const title = `${printable(sizes.path)}: ${printable(sizes.architecture)}, ${formatCount(sizes.weights)} weights, planned from ${sizes.source}`;
  return `${style.bold(title)}\n\n${renderTable(columns, rows)}${notes.map((note) => `${note}\n`).join('')}`;
}

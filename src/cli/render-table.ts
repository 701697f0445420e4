// Plain text tables: columns padded to their widest cell, numbers to the right, two spaces between.

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows of cells as lines of text; each line ends with a line break. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => displayWidth(line[index] ?? ''))),
  );
  return lines
    .map((line) => {
      const cells = columns.map((column, index) => {
        const cell = line[index] ?? '';
        const gap = ' '.repeat((widths[index] ?? 0) - displayWidth(cell));
        return column.align === 'right' ? gap + cell : cell + gap;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** Pairs of a name and its value, values aligned. */
export function renderFacts(facts: readonly (readonly [string, string])[], indent = ''): string {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}\n`).join('');
}

/** Characters as shown: escape codes have no width. */
function displayWidth(text: string): number {
  return text.replaceAll(/\u001b\[\d+m/g, '').length;
}

import { describe, expect, it } from 'vitest';
import { sortRows } from '#renderer/features/compare/sort-rows.ts';
import { toCsv } from '#renderer/features/compare/table-data.ts';

describe('a table as CSV', () => {
  const columns = [
    { name: 'File', csv: 'subject', numeric: false },
    { name: 'Size', csv: 'bytes', numeric: true },
  ];

  it('has the plain values under names that programs read', () => {
    const rows = [['Q4_K_M', { value: 2891232, text: '2.89 MB' }], ['Q2_K']];
    expect(toCsv({ columns, rows })).toBe('subject,bytes\nQ4_K_M,2891232\nQ2_K\n');
  });

  it('quotes commas, quotes and line ends, and defuses formulas', () => {
    const rows = [['a,b'], ['say "x"'], ['two\nlines'], ['=HYPERLINK("x")'], ['-1+1']];
    const [, ...lines] = toCsv({ columns, rows }).split(/\n(?!lines)/);
    expect(lines).toEqual([
      '"a,b"',
      '"say ""x"""',
      '"two\nlines"',
      `"'=HYPERLINK(""x"")"`,
      "'-1+1",
      '',
    ]);
  });

  it('leaves what is missing empty', () => {
    expect(toCsv({ columns, rows: [['Q8_0', undefined]] })).toBe('subject,bytes\nQ8_0,\n');
  });
});

describe('sorting', () => {
  it('puts numbers by value, whatever is shown, and what is missing last in both directions', () => {
    const rows = [
      { cell: { value: 10, text: '10 MB' } },
      { cell: undefined },
      { cell: { value: 9, text: '9 MB' } },
      { cell: { value: Number.NaN, text: '–' } },
    ];
    const values = (descending: boolean) =>
      sortRows(rows, ({ cell }) => cell, descending).map(({ cell }) => cell?.value);
    expect(values(false)).toEqual([9, 10, undefined, Number.NaN]);
    expect(values(true)).toEqual([10, 9, undefined, Number.NaN]);
  });

  it('counts inside names', () => {
    expect(sortRows(['chunk 10', 'chunk 9'], (name) => name, false)).toEqual([
      'chunk 9',
      'chunk 10',
    ]);
  });
});

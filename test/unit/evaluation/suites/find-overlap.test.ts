import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findOverlap, normalizeLine } from '#src/evaluation/suites/find-overlap.ts';
import { findEvaluationSuites } from '#src/io/evaluation-suites.ts';
import { packageRoot } from '#src/io/package-root.ts';

const long = 'The heart is a muscle that moves blood through the body.';

describe('findOverlap', () => {
  it('finds a shared line whatever its case, spaces and chat markers', () => {
    const evaluation = [
      { name: 'held-out', text: `short line\n<|im_start|>assistant ${long}<|im_end|>` },
    ];
    const calibration = [
      { name: 'tuning', text: `  THE heart is  a muscle that moves blood through the body.\n` },
    ];
    expect(findOverlap(evaluation, calibration)).toEqual([
      {
        evaluation: 'held-out',
        calibration: 'tuning',
        lines: 1,
        line: `<|im_start|>assistant ${long}<|im_end|>`,
        lineNumber: 2,
      },
    ]);
  });

  it('lets lines under 40 characters be the same: they are shared by chance', () => {
    const text = 'Tell me a story.\nThank you very much indeed, my friend.';
    expect(findOverlap([{ name: 'a', text }], [{ name: 'b', text }])).toEqual([]);
    expect(normalizeLine('x'.repeat(39))).toBeUndefined();
    expect(normalizeLine('x'.repeat(40))).toBe('x'.repeat(40));
  });

  it('counts every shared line of every pair of texts', () => {
    const other = 'A femur is the long bone between the hip and the knee.';
    const overlaps = findOverlap(
      [{ name: 'one', text: `${long}\n${other}\n${long}` }],
      [
        { name: 'first', text: long },
        { name: 'second', text: `${other}\r\n${long}` },
      ],
    );
    expect(overlaps.map(({ calibration, lines }) => [calibration, lines])).toEqual([
      ['first', 2],
      ['second', 3],
    ]);
  });

  it('does not take a marker that only looks like one for markup', () => {
    const code = 'if (a <| b && c |> d) return pipe(first, second, third);';
    expect(normalizeLine(code)).toBe(code);
  });

  it('finds no overlap between the suites that ship and the embedded calibration texts', async () => {
    const read = (path: string) => ({ name: path, text: readFileSync(path, 'utf8') });
    const folder = join(packageRoot(), 'assets', 'seedling', 'texts', 'calibration');
    const calibration = readdirSync(folder).map((name) => read(join(folder, name)));
    const suites = await findEvaluationSuites();
    const evaluation = suites.flatMap(({ paths }) => paths.map(read));
    expect(calibration.length).toBe(9);
    expect(evaluation.length).toBeGreaterThan(9);
    expect(findOverlap(evaluation, calibration)).toEqual([]);
  });
});

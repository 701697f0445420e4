// The mark of a subject: its shape says how the file came to be, its colour which level it is.
import type { Subject } from '#src/contract/quality/subjects.ts';
import { levelColor } from '#renderer/theme/level-color.ts';
import css from './charts.module.css';

export type SubjectForm = Subject['form'];

export const formWords: Readonly<Record<SubjectForm, string>> = {
  stock: 'stock level',
  hybrid: 'hybrid',
  merged: 'adapters merged',
  'run-time': 'adapters at run time',
};

export interface MarkProps {
  form: SubjectForm;
  level: string | undefined;
  x: number;
  y: number;
  radius?: number;
}

export function Mark({ form, level, x, y, radius = 6 }: MarkProps) {
  const color = levelColor(level ?? '');
  switch (form) {
    case 'stock':
      return <circle cx={x} cy={y} r={radius} style={{ fill: color }} />;
    case 'hybrid':
      return <path className={css.hybrid} d={diamond(x, y, radius + 1.5)} />;
    case 'merged':
      return (
        <rect
          x={x - radius + 0.5}
          y={y - radius + 0.5}
          width={2 * radius - 1}
          height={2 * radius - 1}
          rx={1.5}
          style={{ fill: color }}
        />
      );
    case 'run-time':
      return (
        <path
          d={`M${x} ${y - radius - 1}L${x + radius + 1} ${y + radius - 1}H${x - radius - 1}Z`}
          style={{ fill: color }}
        />
      );
  }
}

function diamond(x: number, y: number, r: number): string {
  return `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`;
}

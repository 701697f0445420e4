// The paired difference with its interval on a line through zero: left of it the hybrid is closer.
import type { Comparison } from '#src/contract/quality/ranking.ts';
import { isUnknown, kldText } from '../figure-text.ts';
import css from './hybrid.module.css';

const width = 360;
const middle = 30;

export function PairedInterval({ comparison, label }: { comparison: Comparison; label: string }) {
  const { difference, interval } = comparison;
  const isOpen = isUnknown(interval.low) || isUnknown(interval.high);
  const low = isOpen ? difference : interval.low;
  const high = isOpen ? difference : interval.high;
  const most = Math.max(Math.abs(low), Math.abs(high), Math.abs(difference), 1e-9) * 1.15;
  const place = (value: number) => width / 2 + (value / most) * (width / 2 - 8);
  return (
    <svg viewBox={`0 0 ${width} 64`} className={css.interval} role="img" aria-label={label}>
      <g aria-hidden="true">
        <text className={css.tick} x={0} y={11}>
          hybrid closer
        </text>
        <text className={css.tick} x={width} y={11} textAnchor="end">
          level closer
        </text>
        <line className={css.axis} x1={0} x2={width} y1={middle} y2={middle} />
        <line className={css.zero} x1={place(0)} x2={place(0)} y1={16} y2={44} />
        <line className={css.bar} x1={place(low)} x2={place(high)} y1={middle} y2={middle} />
        <circle className={css.point} cx={place(difference)} cy={middle} r={4.5} />
        <text className={css.tick} x={place(0)} y={58} textAnchor="middle">
          0
        </text>
        {Math.abs(place(difference) - place(0)) > 48 && (
          <text className={css.tick} x={place(difference)} y={58} textAnchor="middle">
            {`${difference < 0 ? '−' : '+'}${kldText(Math.abs(difference))}`}
          </text>
        )}
      </g>
    </svg>
  );
}

// Axes of a chart: grid lines, tick labels and a name.
import css from './charts.module.css';
import { tickText, type Scale } from '#src/evaluation/charts/scales.ts';

export interface AxisProps {
  scale: Scale;
  side: 'left' | 'bottom';
  /** Where the chart's area begins and ends across the axis. */
  from: number;
  to: number;
  name: string;
  format?: (value: number) => string;
}

export function Axis({ scale, side, from, to, name, format = tickText }: AxisProps) {
  const [start, end] = scale.range;
  const middle = (start + end) / 2;
  if (side === 'bottom') {
    return (
      <g aria-hidden="true">
        {scale.ticks.map((tick) => (
          <g key={tick}>
            <line className={css.grid} x1={scale.at(tick)} x2={scale.at(tick)} y1={from} y2={to} />
            <text className={css.tick} x={scale.at(tick)} y={to + 18} textAnchor="middle">
              {format(tick)}
            </text>
          </g>
        ))}
        <text className={css.tick} x={middle} y={to + 38} textAnchor="middle">
          {name}
        </text>
      </g>
    );
  }
  return (
    <g aria-hidden="true">
      {scale.ticks.map((tick) => (
        <g key={tick}>
          <line className={css.grid} x1={from} x2={to} y1={scale.at(tick)} y2={scale.at(tick)} />
          <text className={css.tick} x={from - 10} y={scale.at(tick) + 4} textAnchor="end">
            {format(tick)}
          </text>
        </g>
      ))}
      <text
        className={css.tick}
        transform={`translate(12 ${middle}) rotate(-90)`}
        textAnchor="middle"
      >
        {name}
      </text>
    </g>
  );
}

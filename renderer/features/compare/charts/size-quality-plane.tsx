// Size against quality: every subject at its file size and figure, with its 95 % interval, the line of those worth their bytes,
// and the gate. Points are buttons: pointing or focusing tells the figures, choosing marks the subject in every view.
import { useId, useMemo, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import { formatBytes } from '#src/text/format-number.ts';
import { figureText, figureWords, intervalText, isUnknown } from '../figure-text.ts';
import { isLessBetter, type FigureName, type SubjectRow } from '../run-rows.ts';
import { Axis } from './axis.tsx';
import css from './charts.module.css';
import { placeLabels, type LabelPlace } from '#src/evaluation/charts/label-places.ts';
import { formWords, Mark } from './mark.tsx';
import { paretoLine } from '#src/evaluation/charts/pareto-line.ts';
import { linearScale, logScale, type Scale } from '#src/evaluation/charts/scales.ts';

export interface PlaneProps {
  rows: readonly SubjectRow[];
  metric: FigureName;
  /** Upper limit of the mean KLD; drawn for that metric only. */
  gate: number;
  /** Subjects on the line beyond doubt, when the ranking knows them; else those with the best values. */
  onLine?: ReadonlySet<string> | undefined;
  marked: string | undefined;
  onMark: (id: string) => void;
  width: number;
  height: number;
  drawing?: Ref<SVGSVGElement>;
}

interface Point {
  readonly row: SubjectRow;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** Width of a character of a label. */
const characterWidth = 6.95;
/** Between a label and its neighbour. */
const labelRoom = 8;
const labelHeight = 15;
const margin = { left: 72, right: 20, top: 14, bottom: 48 };

export function SizeQualityPlane(props: PlaneProps) {
  const { metric, gate, onLine, marked, onMark, width, height } = props;
  const [near, setNear] = useState<string | undefined>();
  const group = useRef<SVGGElement>(null);
  const clip = useId();
  const area = {
    left: margin.left,
    right: width - margin.right,
    top: margin.top,
    bottom: height - margin.bottom,
  };
  const showsGate = metric === 'kld';
  const rows = useMemo(
    () =>
      props.rows
        .filter(({ figures }) => figures[metric] !== undefined)
        .sort((a, b) => a.bytes - b.bytes),
    [props.rows, metric],
  );
  const unit = byteUnit(Math.max(...rows.map(({ bytes }) => bytes), 1));
  const across = linearScale(
    rows.map(({ bytes }) => bytes / unit.bytes),
    [area.left, area.right],
    { about: Math.max(3, Math.floor(width / 140)) },
  );
  const up = figureScale(rows, metric, [area.bottom, area.top], showsGate ? gate : undefined);
  const points = rows.map((row): Point => {
    const { value, low, high } = figureOrZero(row, metric);
    return {
      row,
      x: across.at(row.bytes / unit.bytes),
      y: up.at(value),
      low: clamp(up.at(low), area),
      high: clamp(up.at(high), area),
    };
  });
  const line = paretoLine(
    points.filter(({ row }) => onLine?.has(row.id) ?? true),
    // Places on the screen count downwards.
    !isLessBetter(metric),
  );
  const gateAt = clamp(up.at(gate), area);
  const labels = placeLabels(
    points.map(({ row, x, y }) => ({
      x,
      y,
      radius: 8,
      width: row.label.length * characterWidth + labelRoom,
    })),
    { x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top },
    labelHeight,
    {
      boxes: showsGate ? [{ x: area.right - 84, y: gateAt - 20, width: 84, height: 24 }] : [],
      line,
    },
  );
  const focusable = points.some(({ row }) => row.id === marked) ? marked : points[0]?.row.id;
  const shown = points.find(({ row }) => row.id === near);

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(group.current?.querySelectorAll<SVGGElement>('[role="button"]') ?? [])];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  }

  return (
    <div className={css.chart}>
      <svg
        ref={props.drawing}
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="group"
        aria-label={`Size against quality: ${rows.length} ${rows.length === 1 ? 'file' : 'files'} by ${figureWords[metric].long}`}
      >
        <clipPath id={clip}>
          <rect
            x={area.left}
            y={area.top}
            width={area.right - area.left}
            height={area.bottom - area.top}
          />
        </clipPath>
        {showsGate && (
          <rect
            className={css.gateArea}
            x={area.left}
            width={area.right - area.left}
            y={gateAt}
            height={Math.max(0, area.bottom - gateAt)}
          />
        )}
        <Axis
          scale={across}
          side="bottom"
          from={area.top}
          to={area.bottom}
          name={`file size, ${unit.name}`}
        />
        <Axis
          scale={up}
          side="left"
          from={area.left}
          to={area.right}
          name={`${figureWords[metric].long}${up.kind === 'log' ? ' (log)' : ''}`}
          format={(value) => axisText(metric, value)}
        />
        {showsGate && (
          <g aria-hidden="true">
            <line className={css.gate} x1={area.left} x2={area.right} y1={gateAt} y2={gateAt} />
            <text className={css.gateText} x={area.right - 4} y={gateAt - 6} textAnchor="end">
              gate {gate}
            </text>
          </g>
        )}
        <polyline
          className={css.pareto}
          clipPath={`url(#${clip})`}
          points={line.map(({ x, y }) => `${x},${y}`).join(' ')}
        />
        <g ref={group} onKeyDown={onKeyDown}>
          {points.map(({ row, x, y, low, high }) => {
            return (
              <g
                key={row.id}
                className={css.point}
                role="button"
                tabIndex={row.id === focusable ? 0 : -1}
                aria-pressed={row.id === marked}
                aria-label={pointWords(row, metric)}
                onPointerEnter={() => setNear(row.id)}
                onPointerLeave={() => setNear(undefined)}
                onFocus={() => setNear(row.id)}
                onBlur={() => setNear(undefined)}
                onClick={() => onMark(row.id)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' && event.key !== ' ') return;
                  event.preventDefault();
                  onMark(row.id);
                }}
              >
                <circle className={css.target} cx={x} cy={y} r={14} />
                {Math.abs(low - high) > 2 && (
                  <path
                    className={css.error}
                    d={`M${x} ${low}V${high}M${x - 3} ${low}h6M${x - 3} ${high}h6`}
                  />
                )}
                <Mark form={row.subject.form} level={row.level} x={x} y={y} />
                {row.id === marked && <circle className={css.ring} cx={x} cy={y} r={11} />}
              </g>
            );
          })}
        </g>
        {/* Above every mark and error bar, so that the halo keeps them readable. */}
        <g className={css.labels} aria-hidden="true">
          {points.map(({ row, x, y }, index) => {
            const label = labels[index];
            if (label === undefined) return null;
            return (
              <g key={row.id} data-near={row.id === near}>
                <path className={css.leader} d={leaderTo(label, x, y, row.label.length)} />
                <text className={css.pointLabel} x={label.x} y={label.y + 4}>
                  {row.label}
                </text>
              </g>
            );
          })}
        </g>
      </svg>
      {shown !== undefined && <PointCard point={shown} metric={metric} width={width} />}
    </div>
  );
}

/** A thin line from a point to a label that stands away from it; nothing beside it. */
function leaderTo(label: LabelPlace, x: number, y: number, characters: number): string {
  const right = label.x + characters * characterWidth;
  const toX = Math.min(right, Math.max(label.x, x));
  const toY = label.y + Math.sign(y - label.y) * Math.min(6, Math.abs(y - label.y));
  return Math.hypot(toX - x, toY - y) > 22 ? `M${x} ${y}L${toX} ${toY}` : '';
}

/** What is known of the point that is pointed at; the same words are its accessible name. */
function PointCard({ point, metric, width }: { point: Point; metric: FigureName; width: number }) {
  const { row, x, y } = point;
  const right = x > width * 0.6;
  const figure = row.figures[metric];
  return (
    <div
      className={css.card}
      aria-hidden="true"
      style={right ? { right: width - x + 18, top: y + 10 } : { left: x + 18, top: y + 10 }}
    >
      <b>{row.label}</b>
      <span>
        {formatBytes(row.bytes)} · {row.bitsPerWeight.toFixed(2)} bits per weight ·{' '}
        {formWords[row.subject.form]}
      </span>
      {figure !== undefined && (
        <span>
          {figureWords[metric].name} <i className="num">{intervalText(metric, figure)}</i>
        </span>
      )}
    </div>
  );
}

export function pointWords(row: SubjectRow, metric: FigureName): string {
  const figure = row.figures[metric];
  const value = figure === undefined ? 'not measured' : intervalText(metric, figure);
  return `${row.label}, ${formWords[row.subject.form]}, ${formatBytes(row.bytes)}, ${figureWords[metric].name} ${value}`;
}

function figureScale(
  rows: readonly SubjectRow[],
  metric: FigureName,
  range: readonly [number, number],
  gate: number | undefined,
): Scale {
  const values = rows.flatMap((row) => {
    const { value, low, high } = figureOrZero(row, metric);
    return [value, ...(isUnknown(high) ? [] : [high]), ...(low > value / 10 ? [low] : [])];
  });
  if (metric === 'kld') return logScale(gate === undefined ? values : [...values, gate], range);
  return linearScale(values, range);
}

function figureOrZero(row: SubjectRow, metric: FigureName) {
  return row.figures[metric] ?? { value: 0, error: 0, low: 0, high: 0 };
}

function clamp(y: number, { top, bottom }: { top: number; bottom: number }): number {
  return Math.min(bottom, Math.max(top, y));
}

function axisText(metric: FigureName, value: number): string {
  if (metric === 'sameTop') return String(Number((value * 100).toFixed(2)));
  if (metric === 'kld') return String(Number(value.toPrecision(3)));
  if (metric === 'pplRatio') return String(Number(value.toPrecision(6)));
  return figureText(metric, value).replace(/\.0$/, '');
}

function byteUnit(largest: number): { name: string; bytes: number } {
  if (largest >= 1e9) return { name: 'GB', bytes: 1e9 };
  if (largest >= 1e6) return { name: 'MB', bytes: 1e6 };
  return { name: 'kB', bytes: 1e3 };
}

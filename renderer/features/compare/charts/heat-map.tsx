// Rows by columns with a value in every cell: texts × subjects, adapters × levels. The number stands in the cell; the tint only
// helps to find it.
import { useRef, type KeyboardEvent, type Ref } from 'react';
import { levelColor } from '#renderer/theme/level-color.ts';
import css from './charts.module.css';

export interface HeatCell {
  readonly row: string;
  readonly column: string;
  /** Lines of text in the cell. */
  readonly lines: readonly string[];
  /** 0 to 1: how strong the tint is. */
  readonly heat: number;
  /** Accessible name. */
  readonly words: string;
}

export interface HeatMapProps {
  label: string;
  rows: readonly { id: string; name: string; level?: string | undefined }[];
  columns: readonly { id: string; name: string; level?: string | undefined }[];
  cells: readonly HeatCell[];
  width: number;
  cellHeight?: number;
  /** Widest that the names of the rows may be. */
  nameWidth?: number;
  chosen?: { row: string; column: string } | undefined;
  onChoose?: (cell: HeatCell) => void;
  drawing?: Ref<SVGSVGElement>;
}

const gap = 2;
const headHeight = 26;
/** Width of a character of a row's name. */
const characterWidth = 7.25;

export function HeatMap({
  label,
  rows,
  columns,
  cells,
  width,
  cellHeight = 28,
  nameWidth = 200,
  chosen,
  onChoose,
  drawing,
}: HeatMapProps) {
  const group = useRef<SVGGElement>(null);
  const names = Math.min(
    nameWidth,
    Math.max(60, ...rows.map(({ name }) => name.length * characterWidth + 30)),
  );
  const cellWidth = Math.max(52, (width - names) / Math.max(1, columns.length));
  const wide = names + cellWidth * columns.length;
  const height = headHeight + rows.length * (cellHeight + gap);
  const of = new Map(cells.map((cell) => [`${cell.row}\n${cell.column}`, cell]));
  const first = chosen ?? cells[0];

  function onKeyDown(event: KeyboardEvent): void {
    const step = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns.length,
      ArrowUp: -columns.length,
    }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(group.current?.querySelectorAll<SVGGElement>('[role="button"]') ?? [])];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[at + step]?.focus();
  }

  return (
    <svg
      ref={drawing}
      viewBox={`0 0 ${wide} ${height}`}
      width={wide}
      height={height}
      role="group"
      aria-label={label}
    >
      <g aria-hidden="true">
        {columns.map((column, index) => (
          <g key={column.id}>
            <text
              className={css.columnName}
              x={names + (index + 0.5) * cellWidth}
              y={14}
              textAnchor="middle"
            >
              <title>{column.name}</title>
              {fitting(column.name, cellWidth - 8, 6.3)}
            </text>
          </g>
        ))}
        {rows.map(({ id, name, level }, index) => {
          const y = headHeight + index * (cellHeight + gap) + cellHeight / 2;
          const left = level === undefined ? 0 : 14;
          return (
            <g key={id}>
              {level !== undefined && (
                <rect
                  x={0}
                  y={y - 4}
                  width={8}
                  height={8}
                  rx={2}
                  style={{ fill: levelColor(level) }}
                />
              )}
              <text className={css.rowName} x={left} y={y + 4}>
                <title>{name}</title>
                {fitting(name, names - left - 10, characterWidth)}
              </text>
            </g>
          );
        })}
      </g>
      <g ref={group} onKeyDown={onKeyDown}>
        {rows.flatMap((row, down) =>
          columns.map((column, across) => {
            const cell = of.get(`${row.id}\n${column.id}`);
            const place = {
              x: names + across * cellWidth + 1,
              y: headHeight + down * (cellHeight + gap),
              width: cellWidth - 2,
              height: cellHeight,
            };
            if (cell === undefined) {
              return (
                <g key={`${row.id} ${column.id}`} aria-hidden="true">
                  <title>not measured</title>
                  <rect className={css.emptyCell} {...place} rx={3} />
                  <text
                    className={css.columnName}
                    x={place.x + place.width / 2}
                    y={place.y + cellHeight / 2 + 4}
                    textAnchor="middle"
                  >
                    –
                  </text>
                </g>
              );
            }
            const isButton = onChoose !== undefined;
            const pressed = chosen?.row === row.id && chosen.column === column.id;
            return (
              <g
                key={`${row.id} ${column.id}`}
                className={css.cell}
                role={isButton ? 'button' : 'img'}
                aria-label={cell.words}
                {...(isButton
                  ? {
                      tabIndex: first?.row === row.id && first.column === column.id ? 0 : -1,
                      'aria-pressed': pressed,
                      onClick: () => onChoose(cell),
                      onKeyDown: (event: KeyboardEvent) => {
                        if (event.key !== 'Enter' && event.key !== ' ') return;
                        event.preventDefault();
                        onChoose(cell);
                      },
                    }
                  : {})}
              >
                <title>{cell.words}</title>
                <rect className={css.heat} {...place} rx={3} fillOpacity={0.06 + 0.5 * cell.heat} />
                <rect className={css.cellFrame} {...place} rx={3} />
                {cell.lines.map((line, index) => (
                  <text
                    key={index}
                    className={css.cellText}
                    x={place.x + place.width / 2}
                    y={place.y + cellHeight / 2 + 4 + (index - (cell.lines.length - 1) / 2) * 16}
                    textAnchor="middle"
                  >
                    {fitting(line, cellWidth - 6, 6.95)}
                  </text>
                ))}
              </g>
            );
          }),
        )}
      </g>
    </svg>
  );
}

/** A text cut to a width, with an ellipsis. */
export function fitting(text: string, width: number, character: number): string {
  const most = Math.floor(width / character);
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}

/** Where a value stands between the least and the most, on a logarithmic scale where `logarithmic`: 0 to 1. */
export function heatOf(value: number, values: readonly number[], logarithmic: boolean): number {
  const scale = (each: number) => (logarithmic ? Math.log(Math.max(each, 1e-9)) : each);
  const low = Math.min(...values.map(scale));
  const high = Math.max(...values.map(scale));
  return high - low < 1e-12 ? 0.3 : (scale(value) - low) / (high - low);
}

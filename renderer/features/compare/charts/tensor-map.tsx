// A model's tensors as a map of layers × kinds: which type each has, or how far rounding moved it.
import type { Ref } from 'react';
import { levelColor } from '#renderer/theme/level-color.ts';
import css from './charts.module.css';
import { fitting, heatOf } from './heat-map.tsx';
import type { TensorCell, TensorGrid } from '../tensor-grid.ts';

export interface TensorMapProps {
  grid: TensorGrid;
  colour: 'type' | 'error';
  label: string;
  width: number;
  onNear: (cell: TensorCell | undefined) => void;
  drawing?: Ref<SVGSVGElement>;
}

const cellHeight = 20;
const gap = 2;
const headHeight = 22;
const nameWidth = 132;

export function TensorMap({ grid, colour, label, width, onNear, drawing }: TensorMapProps) {
  const columns = Math.max(1, grid.layers.length + (grid.hasOutside ? 1 : 0));
  const cellWidth = Math.min(88, Math.max(12, (width - nameWidth) / columns));
  const outsideGap = grid.hasOutside ? 10 : 0;
  const wide = nameWidth + columns * cellWidth + outsideGap;
  const height = headHeight + grid.kinds.length * (cellHeight + gap);
  const every = Math.max(1, Math.ceil(26 / cellWidth));
  const errors = grid.cells.flatMap(({ error }) =>
    error === undefined || error <= 0 ? [] : [error],
  );
  const placeOf = (cell: TensorCell) =>
    cell.layer === undefined
      ? nameWidth
      : nameWidth +
        (grid.hasOutside ? cellWidth + outsideGap : 0) +
        grid.layers.indexOf(cell.layer) * cellWidth;
  return (
    <svg
      ref={drawing}
      viewBox={`0 0 ${wide} ${height}`}
      width={wide}
      height={height}
      role="img"
      aria-label={label}
      onPointerLeave={() => onNear(undefined)}
    >
      <g aria-hidden="true">
        {grid.hasOutside && (
          <text className={css.columnName} x={nameWidth + cellWidth / 2} y={13} textAnchor="middle">
            –
          </text>
        )}
        {grid.layers.map((layer, index) =>
          index % every === 0 ? (
            <text
              key={layer}
              className={css.tick}
              x={placeOf({ ...blank, layer }) + cellWidth / 2}
              y={13}
              textAnchor="middle"
            >
              {layer}
            </text>
          ) : null,
        )}
        {grid.kinds.map((kind, index) => (
          <text
            key={kind}
            className={css.rowName}
            x={0}
            y={headHeight + index * (cellHeight + gap) + cellHeight / 2 + 4}
          >
            {fitting(kind, nameWidth - 8, 7.25)}
          </text>
        ))}
        {grid.cells.map((cell) => {
          const place = {
            x: placeOf(cell) + 1,
            y: headHeight + grid.kinds.indexOf(cell.kind) * (cellHeight + gap),
            width: cellWidth - 2,
            height: cellHeight,
          };
          const text = colour === 'type' ? cell.type : errorText(cell.error);
          const strength =
            cell.error === undefined || cell.error <= 0 ? 0 : heatOf(cell.error, errors, true);
          return (
            <g key={cell.name} onPointerEnter={() => onNear(cell)}>
              {colour === 'type' ? (
                <rect {...place} rx={2} style={{ fill: levelColor(cell.type) }} />
              ) : (
                <rect className={css.heat} {...place} rx={2} fillOpacity={0.05 + 0.55 * strength} />
              )}
              {text.length * 6.4 < cellWidth - 4 && (
                <text
                  className={colour === 'type' ? css.onLevel : css.cellText}
                  x={place.x + place.width / 2}
                  y={place.y + cellHeight / 2 + 4}
                  textAnchor="middle"
                >
                  {text}
                </text>
              )}
            </g>
          );
        })}
      </g>
    </svg>
  );
}

const blank: TensorCell = {
  name: '',
  kind: '',
  layer: undefined,
  type: '',
  bytes: 0,
  weights: 0,
  error: undefined,
};

function errorText(error: number | undefined): string {
  if (error === undefined) return '';
  if (error === 0) return '0';
  return error.toExponential(1).replace('e-', 'e−');
}

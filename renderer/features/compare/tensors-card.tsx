// A subject's tensors, layer by layer: where an allocation spent its bits, and where rounding hurt.
import { useMemo, useState } from 'react';
import type { Run } from '#src/contract/quality/run.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { ChartCard } from './chart-card.tsx';
import { TensorMap } from './charts/tensor-map.tsx';
import { useWidth } from './charts/use-width.ts';
import { useCompare } from './compare-store.ts';
import css from './compare.module.css';
import { tensorGrid, type TensorCell } from './tensor-grid.ts';
import type { TableData } from './table-data.ts';

type Colour = 'type' | 'error';

export function TensorsCard({ run, fileName }: { run: Run; fileName: string }) {
  const marked = useCompare(({ subject }) => subject);
  const [colour, setColour] = useState<Colour>('type');
  const [near, setNear] = useState<TensorCell | undefined>();
  const [box, width] = useWidth<HTMLDivElement>(1200);
  const shown = run.tensors.find(({ subject }) => subject === marked) ?? run.tensors[0];
  const grid = useMemo(() => shown && tensorGrid(shown), [shown]);
  const table = useMemo(() => tableOf(grid?.cells ?? []), [grid]);
  if (shown === undefined || grid === undefined) return null;
  const labelOf = (id: string) => run.subjects.find((each) => each.id === id)?.label ?? id;
  const types = typesOf(grid.cells);
  const hasErrors = grid.cells.some(({ error }) => error !== undefined);
  return (
    <ChartCard
      title="Tensors"
      about={
        <Select
          label="File whose tensors are shown"
          className={css.file}
          value={shown.subject}
          options={run.tensors.map(({ subject }) => ({ value: subject, label: labelOf(subject) }))}
          onChange={(subject) => useCompare.setState({ subject })}
        />
      }
      choices={
        <Segmented
          label="Colour of the tensors"
          value={colour}
          options={[
            { value: 'type', label: 'Type' },
            { value: 'error', label: 'Rounding error' },
          ]}
          onChange={setColour}
        />
      }
      table={table}
      fileName={`${fileName}-${labelOf(shown.subject)}`}
      footer={
        <div className={css.legend}>
          {colour === 'type' &&
            types.map(({ type, tensors, bytes }) => (
              <span key={type}>
                <LevelTag level={type} /> {tensors} {tensors === 1 ? 'tensor' : 'tensors'},{' '}
                {formatBytes(bytes)}
              </span>
            ))}
          {colour === 'error' && !hasErrors && (
            <span>Rounding errors were not computed in this run.</span>
          )}
          {colour === 'error' && hasErrors && <span>‖Ŵ − W‖² / ‖W‖², stronger is worse</span>}
          <span className={css.near}>
            {near !== undefined && (
              <>
                <b className="num">{near.name}</b> {near.type} · {formatCount(near.weights)} weights
                · {formatBytes(near.bytes)}
                {near.error !== undefined && ` · error ${near.error.toExponential(2)}`}
              </>
            )}
          </span>
        </div>
      }
    >
      {(drawing) => (
        <div
          ref={box}
          className={css.scroll}
          tabIndex={0}
          role="group"
          aria-label="Tensors by layer and kind"
        >
          <TensorMap
            grid={grid}
            colour={colour}
            label={`Tensors of ${labelOf(shown.subject)}: ${types.map(({ type, tensors }) => `${tensors} ${type}`).join(', ')}. Every tensor is in the table.`}
            width={width}
            onNear={setNear}
            drawing={drawing}
          />
        </div>
      )}
    </ChartCard>
  );
}

function typesOf(cells: readonly TensorCell[]): { type: string; tensors: number; bytes: number }[] {
  const types = new Map<string, { type: string; tensors: number; bytes: number }>();
  for (const { type, bytes } of cells) {
    const known = types.get(type) ?? { type, tensors: 0, bytes: 0 };
    types.set(type, { type, tensors: known.tensors + 1, bytes: known.bytes + bytes });
  }
  return [...types.values()].sort((a, b) => b.bytes - a.bytes);
}

function tableOf(cells: readonly TensorCell[]): TableData {
  return {
    columns: [
      { name: 'Tensor', csv: 'tensor', numeric: false, wide: true },
      { name: 'Type', csv: 'type', numeric: false },
      { name: 'Weights', csv: 'weights', numeric: true },
      { name: 'Size', csv: 'bytes', numeric: true },
      { name: 'Relative error', csv: 'relative_error', numeric: true },
    ],
    rows: cells.map(({ name, type, weights, bytes, error }) => [
      name,
      type,
      { value: weights, text: formatCount(weights) },
      { value: bytes, text: formatBytes(bytes) },
      error === undefined ? undefined : { value: error, text: error.toExponential(2) },
    ]),
  };
}

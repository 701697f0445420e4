// The first thing that this screen says: what each size costs.
import { Chip } from '#renderer/ui/chip.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import type { Ranking } from '#src/contract/quality/ranking.ts';
import { formatCount } from '#src/text/format-number.ts';
import { useMemo } from 'react';
import { ChartCard } from './chart-card.tsx';
import { formWords, Mark, type SubjectForm } from './charts/mark.tsx';
import { SizeQualityPlane } from './charts/size-quality-plane.tsx';
import { useWidth } from './charts/use-width.ts';
import { markSubject, useCompare } from './compare-store.ts';
import css from './compare.module.css';
import type { FigureName, SubjectRow } from './run-rows.ts';
import { subjectTable } from './subject-table-data.ts';

const metrics: readonly { value: FigureName; label: string }[] = [
  { value: 'kld', label: 'Mean KLD' },
  { value: 'sameTop', label: 'Same top' },
  { value: 'pplRatio', label: 'PPL ratio' },
  { value: 'generation', label: 'Tokens/s' },
];

export interface PlaneCardProps {
  rows: readonly SubjectRow[];
  ranking: Ranking | undefined;
  /** Of the text that is chosen, or of all. */
  textName: string;
  scoredTokens: number;
  fileName: string;
}

export function PlaneCard({ rows, ranking, textName, scoredTokens, fileName }: PlaneCardProps) {
  const metric = useCompare((store) => store.metric);
  const gate = useCompare((store) => store.gate);
  const marked = useCompare((store) => store.subject);
  const allTexts = useCompare((store) => store.text === undefined);
  const [box, width] = useWidth<HTMLDivElement>(900);
  const shown = rows.filter(({ figures }) => figures[metric] !== undefined);
  const table = useMemo(() => subjectTable(rows, metric), [rows, metric]);
  const onLine = useMemo(
    () =>
      ranking === undefined || metric !== 'kld' || !allTexts
        ? undefined
        : new Set(
            ranking.subjects.flatMap(({ subject, onParetoLine }) => (onParetoLine ? subject : [])),
          ),
    [ranking, metric, allTexts],
  );
  const forms = [...new Set(shown.map(({ subject }) => subject.form))];
  return (
    <ChartCard
      title="Size against quality"
      about={
        <Chip title={`${textName}, ${formatCount(scoredTokens)} scored tokens`}>
          {textName} · {formatCount(scoredTokens)} scored tokens
        </Chip>
      }
      choices={
        <Segmented
          label="Measure"
          value={metric}
          options={metrics}
          onChange={(next) => useCompare.setState({ metric: next })}
        />
      }
      table={table}
      fileName={fileName}
      footer={
        <div className={css.legend}>
          {forms.map((form) => (
            <Legend key={form} form={form} />
          ))}
          <span>
            <svg width={16} height={12} aria-hidden="true">
              <path d="M0 6H16" className={css.legendLine} />
            </svg>
            nothing smaller is better
          </span>
          <span>
            <svg width={12} height={12} aria-hidden="true">
              <path d="M6 1V11M3 1h6M3 11h6" className={css.legendError} />
            </svg>
            {metric === 'generation' ? 'slowest to fastest run' : '95 % interval'}
          </span>
          {metric === 'kld' && (
            <label className={css.gate}>
              Gate
              <NumberInput
                label="Gate: highest mean KLD"
                value={gate}
                minimum={0.0001}
                maximum={10}
                step={0.01}
                whole={false}
                onChange={(next) => useCompare.setState({ gate: next })}
              />
            </label>
          )}
        </div>
      }
    >
      {(drawing) => (
        <div ref={box} className={css.plane}>
          {shown.length === 0 ? (
            <p className={css.nothing}>
              {metric === 'generation'
                ? 'Speed was not measured in this run. Add a run with "Speed and memory" switched on.'
                : 'Nothing was measured on this text.'}
            </p>
          ) : (
            <SizeQualityPlane
              rows={shown}
              metric={metric}
              gate={gate}
              onLine={onLine}
              marked={marked}
              onMark={markSubject}
              width={width}
              height={Math.round(Math.min(440, Math.max(300, width * 0.36)))}
              drawing={drawing}
            />
          )}
        </div>
      )}
    </ChartCard>
  );
}

function Legend({ form }: { form: SubjectForm }) {
  return (
    <span>
      <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden="true">
        <Mark form={form} level="F16" x={7} y={7} radius={4.5} />
      </svg>
      {formWords[form]}
    </span>
  );
}

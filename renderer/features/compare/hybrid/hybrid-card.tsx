// What a fitted hybrid is worth: it and the stock level side by side, the paired difference, the verdict, and where its file and
// its types can go.
import { useMemo } from 'react';
import type { AllocationOfRun } from '#src/contract/quality/allocate.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { handOver } from '#renderer/stores/navigation-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { notify } from '#renderer/ui/notify.ts';
import compareCss from '../compare.module.css';
import { fileName, saveText } from '../export-chart.ts';
import { kldText } from '../figure-text.ts';
import { PlainTable } from '../plain-table.tsx';
import type { SubjectRow } from '../run-rows.ts';
import css from './hybrid.module.css';
import {
  budgetText,
  contendersOf,
  groupTable,
  pairedText,
  tensorTypeText,
  verdictRows,
  verdictText,
  type Contenders,
} from './hybrid-verdict.ts';
import { PairedInterval } from './paired-interval.tsx';

export interface HybridCardProps {
  run: Run;
  allocation: AllocationOfRun;
  /** On all texts: what the verdict rests on. */
  rows: readonly SubjectRow[];
}

export function HybridCard({ run, allocation, rows }: HybridCardProps) {
  const contenders = contendersOf(allocation, rows);
  const groups = useMemo(() => groupTable(allocation), [allocation]);
  if (contenders === undefined) return null;
  const { kept, comparison, reason } = allocation;
  const paired = pairedText(comparison);
  return (
    <section className={compareCss.card} aria-label="Hybrid against stock">
      <header className={compareCss.cardHead}>
        <h2>Hybrid against {contenders.stock.label}</h2>
        <Chip tone={kept === 'hybrid' ? 'ok' : 'neutral'}>
          {verdictText(allocation, contenders)}
        </Chip>
        <div className={compareCss.choices}>
          <Actions run={run} allocation={allocation} contenders={contenders} />
        </div>
      </header>
      <div className={css.verdict}>
        <div>
          <SideBySide allocation={allocation} contenders={contenders} />
          <p className={css.reason}>{reason}</p>
        </div>
        <div>
          <PairedInterval
            comparison={comparison}
            label={`Paired difference of the mean KLD, hybrid less ${contenders.stock.label}: ${paired}`}
          />
          <dl className={`${compareCss.facts ?? ''} ${css.facts ?? ''}`}>
            <Fact name="paired difference" value={paired} />
            <Fact name="budget" value={budgetText(allocation)} />
            <Fact name="types" value={profileWords[allocation.profile]} />
            <Fact
              name="search"
              value={
                allocation.groups.some(({ probeKld }) => probeKld !== undefined)
                  ? allocation.probeTexts.join(', ')
                  : 'published priors, no probes'
              }
            />
            {allocation.moves.tried > 0 && (
              <Fact
                name="moves"
                value={`${allocation.moves.kept} of ${allocation.moves.tried} kept`}
              />
            )}
            <Fact name="predicted KLD" value={kldText(allocation.predictedKld)} />
            <Fact name="written" value={allocation.output} />
          </dl>
        </div>
      </div>
      <details className={compareCss.remarks}>
        <summary>
          Types of {groups.rows.length} {groups.rows.length === 1 ? 'group' : 'groups'} of tensors
        </summary>
        <PlainTable label="Groups of tensors" table={groups} />
      </details>
    </section>
  );
}

const profileWords: Readonly<Record<AllocationOfRun['profile'], string>> = {
  fast: 'fast on processors',
  smallest: 'all',
  'attention-high': 'attention above feed-forward',
};

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num" title={value}>
        {value}
      </dd>
    </div>
  );
}

function SideBySide({
  allocation,
  contenders,
}: {
  allocation: AllocationOfRun;
  contenders: Contenders;
}) {
  const { kept } = allocation;
  const keptClass = (side: AllocationOfRun['kept']) => (kept === side ? css.kept : undefined);
  const name = (side: AllocationOfRun['kept'], label: string) =>
    kept === side ? `${label} (kept)` : label;
  return (
    <div className={css.scroll} tabIndex={0} role="group" aria-label="Figures of both files">
      <table className={css.figures}>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Figure</span>
            </th>
            <th scope="col">{name('hybrid', 'Hybrid')}</th>
            <th scope="col">{name('stock', contenders.stock.label)}</th>
            <th scope="col">Difference</th>
          </tr>
        </thead>
        <tbody>
          {verdictRows(allocation, contenders).map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td className={`num ${keptClass('hybrid') ?? ''}`}>{row.hybrid}</td>
              <td className={`num ${keptClass('stock') ?? ''}`}>{row.stock}</td>
              <td className="num">{row.difference}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Actions({
  run,
  allocation,
  contenders,
}: {
  run: Run;
  allocation: AllocationOfRun;
  contenders: Contenders;
}) {
  const desktop = useStudio((store) => store.state?.mode === 'desktop');
  const saveTypes = ({ id, label }: SubjectRow) => {
    try {
      const text = tensorTypeText(run, id);
      if (text !== undefined) {
        void saveText(`${fileName(`${run.title}-${label}`)}-types.txt`, text, 'text/plain');
      }
    } catch (error) {
      notify.error(error);
    }
  };
  const withOutput = (use: (file: FileReference) => unknown) => () => {
    studio()
      .call('resolvePath', { path: allocation.output, purpose: 'gguf' })
      .then(use)
      .catch((error: unknown) => notify.error(error));
  };
  return (
    <>
      <Menu
        align="end"
        trigger={<Button>Tensor types</Button>}
        items={[
          {
            label: 'Of the hybrid…',
            description: "For quantize --tensor-type-file, also llama-quantize's",
            onSelect: () => saveTypes(contenders.hybrid),
          },
          {
            label: `Of ${contenders.stock.label}…`,
            description: 'The same of the stock level',
            onSelect: () => saveTypes(contenders.stock),
          },
        ]}
      />
      {desktop && (
        <Button onClick={withOutput(({ id }) => studio().call('showInFolder', { file: id }))}>
          Show in folder
        </Button>
      )}
      <Button onClick={withOutput((file) => handOver({ to: 'chat', files: [file] }))}>Chat</Button>
    </>
  );
}

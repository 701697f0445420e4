// What interrupted work left in the app's own folders: a list with sizes, chosen by hand, deleted after a yes.
import { Sparkles } from 'lucide-react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Leftover } from '#src/contract/leftovers.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Checkbox } from '#renderer/ui/checkbox.tsx';
import { confirm } from '#renderer/ui/dialog.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { VirtualTable, type TableColumn } from '#renderer/ui/virtual-table.tsx';
import { bytesOf, firstChoice, leftoverWords, sortLeftovers } from '../logic/leftover-words.ts';
import css from '../doctor.module.css';

const keyOf = ({ path }: Leftover) => path;

export function CleanPanel() {
  const [cache, setCache] = useState(false);
  const { leftovers, error, reload } = useLeftovers(cache);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (leftovers !== undefined) setChosen(firstChoice(leftovers));
  }, [leftovers]);
  const toggle = useCallback(
    ({ path }: Leftover) =>
      setChosen((before) => {
        const next = new Set(before);
        if (!next.delete(path)) next.add(path);
        return next;
      }),
    [],
  );
  const columns = useMemo(() => columnsOf(chosen, toggle), [chosen, toggle]);
  if (error !== undefined) {
    return (
      <div className={css.pad}>
        <ErrorNotice error={error} action={<Button onClick={reload}>Look again</Button>} />
      </div>
    );
  }
  if (leftovers === undefined) return <Skeleton label="Looking for leftovers" />;
  const total = leftovers.reduce((sum, { bytes }) => sum + bytes, 0);
  const bytes = bytesOf(leftovers, chosen);
  const remove = async () => {
    const paths = leftovers.filter(({ path }) => chosen.has(path)).map(({ path }) => path);
    const what = paths.length === 1 ? 'one leftover' : `${paths.length} leftovers`;
    const yes = await confirm({
      title: `Delete ${what}?`,
      text: `${formatBytes(bytes)} in the studio's own folders. This cannot be taken back; no model that was finished is among them.`,
      action: 'Delete',
      danger: true,
    });
    if (!yes) return;
    setBusy(true);
    try {
      const removed = await studio().call('removeLeftovers', { paths });
      const left = paths.length - removed.removed.length;
      notify.success(
        `${formatBytes(removed.bytes)} were freed.${left === 0 ? '' : ` ${left} stayed: they are in use, or gone already.`}`,
      );
    } catch (failure) {
      notify.error(failure);
    } finally {
      setBusy(false);
      reload();
    }
  };
  const isAll = leftovers.length > 0 && leftovers.every(({ path }) => chosen.has(path));
  return (
    <div className={css.stack}>
      <header className={css.fileHead}>
        <div className={css.fileWords}>
          <h2>What was left behind</h2>
          <p>
            {leftovers.length > 0 && (
              <>
                <span>
                  {leftovers.length === 1 ? 'One leftover' : `${leftovers.length} leftovers`}
                </span>
                <span className="num">{formatBytes(total)}</span>
              </>
            )}
            <span>only in the studio&apos;s own folders</span>
          </p>
        </div>
        <span className={css.verdict} />
        <Checkbox checked={cache} onChange={setCache}>
          Also what is kept for speed
        </Checkbox>
        {leftovers.length > 1 && (
          <Button
            onClick={() =>
              setChosen(isAll ? new Set() : new Set(leftovers.map(({ path }) => path)))
            }
          >
            {isAll ? 'Choose none' : 'Choose all'}
          </Button>
        )}
        <Button onClick={reload}>Look again</Button>
        <Button
          variant="danger"
          disabled={chosen.size === 0}
          busy={busy}
          onClick={() => void remove()}
        >
          {chosen.size === 0 ? 'Delete…' : `Delete ${chosen.size} (${formatBytes(bytes)})…`}
        </Button>
      </header>
      <div className={css.fill}>
        <VirtualTable
          label="Leftovers"
          columns={columns}
          rows={leftovers}
          rowKey={keyOf}
          selected={shown}
          onSelect={({ path }) => setShown(path)}
          onActivate={toggle}
          empty={
            <EmptyState
              icon={<Sparkles aria-hidden="true" />}
              title="Nothing was left behind"
              text="Unfinished outputs, rejected files, stale records, logs of old jobs and temporary files of processes that are gone would be listed here."
            />
          }
        />
      </div>
    </div>
  );
}

function useLeftovers(cache: boolean) {
  const [turn, setTurn] = useState(0);
  const [answer, setAnswer] = useState<{ leftovers?: readonly Leftover[]; error?: unknown }>({});
  useEffect(() => {
    const stop = new AbortController();
    studio()
      .call('findLeftovers', { cache }, { signal: stop.signal })
      .then(
        (found) => setAnswer({ leftovers: sortLeftovers(found) }),
        (error: unknown) => {
          if (!stop.signal.aborted) setAnswer({ error });
        },
      );
    return () => stop.abort();
  }, [cache, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { ...answer, reload };
}

function columnsOf(
  chosen: ReadonlySet<string>,
  onToggle: (leftover: Leftover) => void,
): readonly TableColumn<Leftover>[] {
  return [
    {
      key: 'chosen',
      header: '',
      width: '20px',
      cell: (leftover) => (
        <Checkbox
          label={`Delete ${leftover.path}`}
          checked={chosen.has(leftover.path)}
          onChange={() => onToggle(leftover)}
        />
      ),
    },
    {
      key: 'kind',
      header: 'What it is',
      width: '150px',
      cell: ({ kind }) => leftoverWords[kind].name,
    },
    {
      key: 'path',
      header: 'Where',
      width: 'minmax(240px, 3fr)',
      cell: ({ path, companions }) => (
        <code title={[path, ...companions].join('\n')}>
          <bdi>{path}</bdi>
          {companions.length > 0 && (
            <span className={css.muted}>
              {' '}
              and {companions.length} {companions.length === 1 ? 'file' : 'files'} with it
            </span>
          )}
        </code>
      ),
    },
    {
      key: 'about',
      header: 'If it goes',
      width: 'minmax(140px, 1fr)',
      cell: ({ kind, usedAt }) => (
        <span className={css.muted}>
          {leftoverWords[kind].about}
          {usedAt !== undefined && ` Used ${dayText(usedAt)}.`}
        </span>
      ),
    },
    {
      key: 'size',
      header: 'Size',
      width: '80px',
      align: 'end',
      cell: ({ bytes }) => <span className="num">{formatBytes(bytes)}</span>,
    },
  ];
}

function dayText(time: number): string {
  return new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
}

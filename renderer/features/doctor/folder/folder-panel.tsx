// A folder at once: its model files with verdicts that fill in; every finished line opens in full.
import { FolderSearch } from 'lucide-react';
import { useMemo, useState } from 'react';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { describeError } from '#renderer/ui/describe-error.ts';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { ProgressBar } from '#renderer/ui/progress-bar.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { VirtualTable, type TableColumn, type TableSort } from '#renderer/ui/virtual-table.tsx';
import { verdictWords } from '../logic/doctor-words.ts';
import { countVerdicts, findingsText, lineVerdict, sortLines } from '../logic/batch-lines.ts';
import css from '../doctor.module.css';
import {
  cancelBatch,
  continueBatch,
  openLine,
  useBatch,
  type BatchLine,
} from '../state/run-batch.ts';
import { checkFile } from '../state/run-check.ts';
import { pickFolderToCheck } from '../state/take-files.ts';

const keyOf = ({ file }: BatchLine) => file.id;

export function FolderPanel() {
  const { title, listing, running, depth, lines, error } = useBatch();
  const [selected, setSelected] = useState<string | undefined>();
  const [sort, setSort] = useState<TableSort | undefined>();
  const rows = useMemo(() => sortLines(lines, sort), [lines, sort]);
  const chosen = lines.find(({ file }) => file.id === selected);
  if (title === undefined) {
    return (
      <EmptyState
        icon={<FolderSearch aria-hidden="true" />}
        title="Check a whole folder"
        text="Every model file in it and in its folders is checked, one after the other. Nothing is written."
        actions={
          <Button variant="primary" onClick={() => void pickFolderToCheck()}>
            Choose a folder…
          </Button>
        }
      />
    );
  }
  if (listing) return <Skeleton label="Looking for model files" />;
  if (error !== undefined) {
    return (
      <div className={css.pad}>
        <ErrorNotice
          error={error}
          action={<Button onClick={() => void pickFolderToCheck()}>Choose another folder…</Button>}
        />
      </div>
    );
  }
  if (lines.length === 0) {
    return (
      <EmptyState
        title="No model files there"
        text={`${title} holds no .gguf files.`}
        actions={<Button onClick={() => void pickFolderToCheck()}>Choose another folder…</Button>}
      />
    );
  }
  const done = lines.filter(({ state }) => state === 'done' || state === 'failed').length;
  const open = (line: BatchLine) => {
    if (line.result === undefined) void checkFile(line.file);
    else openLine(line);
  };
  return (
    <div className={css.stack}>
      <header className={css.fileHead}>
        <div className={css.fileWords}>
          <h2 title={title}>{title}</h2>
          <p>
            <span>{formatCount(lines.length)} files</span>
            {countVerdicts(lines).map(({ verdict, count }) => (
              <span key={verdict}>
                {count} {verdict}
              </span>
            ))}
          </p>
        </div>
        <span role="status" className={css.verdict}>
          {running ? (
            <span className={css.muted}>
              {done} of {lines.length} checked
            </span>
          ) : (
            done < lines.length && <span className={css.muted}>stopped at {done}</span>
          )}
        </span>
        <Select
          label="How deep to check"
          className={css.depth}
          value={depth}
          disabled={running}
          options={[
            { value: 'full', label: 'Everything', description: 'Also loads and asks each model' },
            { value: 'static', label: 'Without running it', description: 'Reads all weights' },
            { value: 'header', label: 'Header only', description: 'Reads no weights' },
          ]}
          onChange={(next) => useBatch.setState({ depth: next })}
        />
        {running ? (
          <Button onClick={cancelBatch}>Cancel</Button>
        ) : (
          <>
            {done < lines.length && (
              <Button onClick={() => void continueBatch(false)}>Go on</Button>
            )}
            <Button onClick={() => void continueBatch(true)}>Check again</Button>
          </>
        )}
        <Button
          disabled={chosen === undefined}
          onClick={() => {
            if (chosen !== undefined) open(chosen);
          }}
        >
          Open
        </Button>
      </header>
      <div className={css.busy}>
        {running && <ProgressBar done={done} total={lines.length} label="Files checked" />}
      </div>
      <div className={css.fill}>
        <VirtualTable
          label="Files of the folder"
          columns={columns}
          rows={rows}
          rowKey={keyOf}
          selected={selected}
          onSelect={({ file }) => setSelected(file.id)}
          onActivate={open}
          sort={sort}
          onSort={setSort}
        />
      </div>
    </div>
  );
}

const columns: readonly TableColumn<BatchLine>[] = [
  {
    key: 'name',
    header: 'File',
    width: 'minmax(200px, 2fr)',
    sortable: true,
    cell: ({ file }) => (
      <span title={file.path} className={css.name}>
        {file.name}
      </span>
    ),
  },
  {
    key: 'folder',
    header: 'Folder',
    width: 'minmax(72px, 0.5fr)',
    cell: ({ file }) => <span className={css.muted}>{folderOf(file.path)}</span>,
  },
  {
    key: 'what',
    header: 'What it is',
    width: 'minmax(120px, 1fr)',
    cell: ({ result }) => <span className={css.muted}>{result?.diagnosis.title ?? ''}</span>,
  },
  {
    key: 'size',
    header: 'Size',
    width: '80px',
    align: 'end',
    sortable: true,
    cell: ({ file }) => <span className="num">{formatBytes(file.bytes)}</span>,
  },
  {
    key: 'verdict',
    header: 'Verdict',
    width: '128px',
    sortable: true,
    cell: (line) => <LineVerdict line={line} />,
  },
  {
    key: 'findings',
    header: 'Found',
    width: 'minmax(200px, 3fr)',
    cell: (line) => {
      const failed = line.error === undefined ? undefined : describeError(line.error);
      const text = failed?.message ?? findingsText(line);
      return (
        <span title={text} data-tone={failed === undefined ? undefined : 'bad'}>
          {text}
        </span>
      );
    },
  },
  {
    key: 'time',
    header: 'Time',
    width: '72px',
    align: 'end',
    cell: ({ result }) =>
      result === undefined ? null : (
        <span className="num">{formatDuration(result.diagnosis.seconds)}</span>
      ),
  },
];

/** Name of the folder that it lies in. */
function folderOf(path: string): string {
  return path.split(/[\\/]/).at(-2) ?? '';
}

function LineVerdict({ line }: { line: BatchLine }) {
  if (line.state === 'running') {
    return (
      <div className={css.lineRunning}>
        <ProgressBar
          done={line.share ?? 0}
          total={line.share === undefined ? undefined : 1}
          label={`Check of ${line.file.name}`}
        />
      </div>
    );
  }
  if (line.state === 'waiting') return <span className={css.muted}>waiting</span>;
  if (line.state === 'stopped') return <span className={css.muted}>not checked</span>;
  if (line.state === 'failed') return <Chip tone="bad">could not be checked</Chip>;
  const { word, tone } = verdictWords[lineVerdict(line) ?? 'healthy'];
  return <Chip tone={tone}>{word}</Chip>;
}

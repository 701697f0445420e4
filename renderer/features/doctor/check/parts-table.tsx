// The map as a table: every part of the file in order, with its place, size and what was found in it.
import { useMemo, useState } from 'react';
import type { FileSegment } from '#src/contract/doctor/diagnosis.ts';
import type { Finding } from '#src/contract/doctor/finding.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { FilterChip } from '#renderer/ui/chip.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { SearchInput } from '#renderer/ui/text-input.tsx';
import { VirtualTable, type TableColumn } from '#renderer/ui/virtual-table.tsx';
import { segmentWords, severityWords, worstSeverity } from '../logic/doctor-words.ts';
import { isDamaged } from '../logic/map-view.ts';
import css from '../doctor.module.css';
import { showSegment, useDoctor } from '../state/doctor-store.ts';

interface PartRow {
  readonly index: number;
  readonly segment: FileSegment;
}

const keyOf = ({ index }: PartRow) => String(index);

export function PartsTable({
  map,
  findings,
}: {
  map: readonly FileSegment[];
  findings: readonly Finding[];
}) {
  const selected = useDoctor((store) => store.segment);
  const [search, setSearch] = useState('');
  const [onlyDamaged, setOnlyDamaged] = useState(false);
  const rows = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return map
      .map((segment, index) => ({ segment, index }))
      .filter(({ segment }) => {
        if (onlyDamaged && !isDamaged(segment)) return false;
        const text = `${segment.name} ${segment.type ?? ''} ${segmentWords[segment.kind]}`.toLowerCase(); // prettier-ignore
        return words.every((word) => text.includes(word));
      });
  }, [map, search, onlyDamaged]);
  const columns = useMemo(() => columnsOf(findings), [findings]);
  const damaged = useMemo(() => map.filter(isDamaged).length, [map]);
  return (
    <div className={css.stack}>
      <div className={css.filters}>
        <SearchInput
          label="Search parts"
          placeholder="Name, type, kind"
          value={search}
          onChange={setSearch}
        />
        {damaged > 0 && (
          <FilterChip pressed={onlyDamaged} count={damaged} onChange={setOnlyDamaged}>
            damaged
          </FilterChip>
        )}
        <span className={css.count}>
          {rows.length === map.length
            ? map.length === 1
              ? 'One part'
              : `${formatCount(map.length)} parts`
            : `${formatCount(rows.length)} of ${formatCount(map.length)} parts`}
        </span>
      </div>
      <div className={css.fill}>
        <VirtualTable
          label="Parts of the file"
          columns={columns}
          rows={rows}
          rowKey={keyOf}
          rowHeight={28}
          selected={selected === undefined ? undefined : String(selected)}
          onSelect={({ index }) => showSegment(index, true)}
          onCancel={() => showSegment(undefined)}
          empty={
            <EmptyState
              title={map.length === 0 ? 'No parts' : 'Nothing matches'}
              text={
                map.length === 0
                  ? 'This file is no GGUF; it has no parts to show.'
                  : 'No part has all of these words.'
              }
            />
          }
        />
      </div>
    </div>
  );
}

function columnsOf(findings: readonly Finding[]): readonly TableColumn<PartRow>[] {
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  return [
    {
      key: 'name',
      header: 'Name',
      width: 'minmax(180px, 2fr)',
      cell: ({ segment }) => (
        <code title={segment.name}>
          {segment.name === '' ? segmentWords[segment.kind] : segment.name}
        </code>
      ),
    },
    {
      key: 'kind',
      header: 'Kind',
      width: '112px',
      cell: ({ segment }) => <span className={css.muted}>{segmentWords[segment.kind]}</span>,
    },
    {
      key: 'type',
      header: 'Type',
      width: '84px',
      cell: ({ segment }) =>
        segment.type === undefined ? null : <LevelTag level={segment.type} />,
    },
    {
      key: 'offset',
      header: 'First byte',
      width: '128px',
      align: 'end',
      cell: ({ segment }) => <span className="num">{formatCount(segment.offset)}</span>,
    },
    {
      key: 'size',
      header: 'Size',
      width: '80px',
      align: 'end',
      cell: ({ segment }) => <span className="num">{formatBytes(segment.size)}</span>,
    },
    {
      key: 'damage',
      header: 'Found in it',
      width: 'minmax(160px, 2fr)',
      cell: ({ segment }) => <PartFindings segment={segment} byId={byId} />,
    },
  ];
}

function PartFindings({
  segment,
  byId,
}: {
  segment: FileSegment;
  byId: ReadonlyMap<string, Finding>;
}) {
  const ids = [...new Set(segment.damaged.map(({ finding }) => finding))];
  const found = ids.map((id) => byId.get(id)).filter((finding) => finding !== undefined);
  const worst = worstSeverity(found);
  if (worst === undefined) {
    return segment.kind === 'missing' ? <span data-tone="bad">not in the file</span> : null;
  }
  return (
    <span
      data-tone={severityWords[worst].tone}
      title={found.map(({ message }) => message).join('\n')}
    >
      {found.length === 1
        ? found[0]?.message
        : `${found.length} findings: ${found[0]?.message ?? ''}`}
    </span>
  );
}

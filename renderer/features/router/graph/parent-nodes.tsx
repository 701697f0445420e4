// The right column: a parent with its level, size and adapters (each takes edges), and the companions packaged beside.
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { ManifestAdapter, ManifestParent } from '#src/contract/routing/manifest.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { classNames } from '#renderer/ui/class-names.ts';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { adapterRows, chipRows } from '../logic/graph-layout.ts';
import { shortOf } from '../logic/route-names.ts';
import { adapterHandle, type CompanionData, type ParentData } from './graph-elements.ts';
import css from './graph.module.css';

export const ParentNode = memo(function ParentNode({
  data,
  selected,
}: NodeProps<Node<ParentData, 'parent'>>) {
  const { parent, name, height, lit, adapter, loaded, problem } = data;
  return (
    <div
      className={classNames(css.parent, lit && css.lit, selected && css.selected)}
      style={{ height }}
      title={problem ?? parent.id}
      data-problem={problem !== undefined || undefined}
    >
      <header className={css.parentHead}>
        <strong className={css.name}>{name}</strong>
        <LevelTag level={parent.quantization} />
      </header>
      <p className={css.about}>
        {formatBytes(parent.bytes)} · {formOf(parent)}
        {parent.contextWindow !== undefined && ` · ${formatCount(parent.contextWindow)} ctx`}
        {loaded && <span className={css.loaded}> · loaded</span>}
        {problem !== undefined && <span className={css.problem}> · problem</span>}
      </p>
      {parent.adapters.length > 0 && <Adapters parent={parent} active={adapter} lit={lit} />}
      <Handle
        type="target"
        id="in"
        position={Position.Left}
        className={css.port}
        style={{ top: parent.adapters.length > 0 ? height - 18 : '50%' }}
      />
    </div>
  );
});

function Adapters({
  parent,
  active,
  lit,
}: {
  parent: ManifestParent;
  active: string | undefined;
  lit: boolean;
}) {
  const names = parent.adapters.map(({ subdomain }) => subdomain);
  const rows = chipRows(names);
  const shown = rows.slice(0, adapterRows).reduce((sum, row) => sum + row.length, 0);
  const hidden = names.length - shown;
  return (
    <div className={css.adapters}>
      {parent.adapters.slice(0, hidden > 0 ? shown - 1 : shown).map((adapter) => (
        <AdapterChip
          key={adapter.id}
          adapter={adapter}
          // A merged parent answers with all of its adapters at once.
          lit={
            active === adapter.id || (lit && active === undefined && adapter.source === 'merged')
          }
        />
      ))}
      {hidden > 0 && <span className={css.adapter}>+{formatCount(hidden + 1)} more</span>}
    </div>
  );
}

function AdapterChip({ adapter, lit }: { adapter: ManifestAdapter; lit: boolean }) {
  const chip = (
    <span className={classNames(css.adapter, lit && css.adapterLit)} title={adapter.id}>
      {shortOf(adapter.subdomain)}
    </span>
  );
  if (adapter.source === 'merged') return chip;
  return (
    <span className={css.adapterPlace}>
      {chip}
      {/* Covers the chip: an edge that is dropped on it asks for this adapter. */}
      <Handle
        type="target"
        id={adapterHandle(adapter.id)}
        position={Position.Left}
        isConnectableStart={false}
        className={css.adapterPort}
      />
    </span>
  );
}

function formOf({ adapters }: ManifestParent): string {
  const sources = new Set(adapters.map(({ source }) => source));
  if (sources.size === 0) return 'base alone';
  return [...sources]
    .map((source) => (source === 'file' ? 'with adapter files' : source))
    .join(', ');
}

export const CompanionNode = memo(function CompanionNode({
  data,
  selected,
}: NodeProps<Node<CompanionData, 'companion'>>) {
  const { companion, problem } = data;
  return (
    <div
      className={classNames(css.companion, selected && css.selected)}
      title={problem ?? companion.file}
      data-problem={problem !== undefined || undefined}
    >
      <strong className={css.name}>{companion.id ?? companion.role}</strong>
      <span className={css.about}>companion</span>
      <span className={css.about}>
        {companion.role}
        {companion.bytes !== undefined && ` · ${formatBytes(companion.bytes)}`}
        {problem !== undefined && <span className={css.problem}> · problem</span>}
      </span>
    </div>
  );
});

// The window of a package by use case, as the workspace's model mapping has it.
import { useEffect } from 'react';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { formatCount } from '#src/text/format-number.ts';
import { FilterChip } from '#renderer/ui/chip.tsx';
import { setFields } from './canvas-actions.ts';
import { loadDomains, useCanvasLibrary } from './canvas-library.ts';
import css from './inspector.module.css';

/** Where the mapping cannot be read: the usual windows of the four uses. */
const usual = [
  { name: 'production', contextWindow: 2048 },
  { name: 'healthcare', contextWindow: 4096 },
  { name: 'mobile', contextWindow: 1024 },
  { name: 'development', contextWindow: 8192 },
];

export function ContextPresets({ node }: { node: NodeOf<'package'> }) {
  const domains = useCanvasLibrary((store) => store.domains);
  useEffect(() => {
    if (domains === undefined) void loadDomains();
  }, [domains]);
  const known = (domains?.useCases ?? []).flatMap(({ name, contextWindow }) =>
    contextWindow === undefined ? [] : [{ name, contextWindow }],
  );
  return (
    <div className={css.row} role="group" aria-label="Window by use case">
      {(known.length === 0 ? usual : known).map(({ name, contextWindow }) => (
        <FilterChip
          key={name}
          pressed={node.contextWindow === contextWindow}
          onChange={() => setFields(node.id, { contextWindow }, 'Context window')}
        >
          {name} <span className="num">{formatCount(contextWindow)}</span>
        </FilterChip>
      ))}
    </div>
  );
}

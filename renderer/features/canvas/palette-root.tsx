// The palette's first page: steps, the library, what can be done, templates.
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { inputPortFor } from '#src/recipe/node-ports.ts';
import type { NodeKind } from '#src/recipe/recipe-schema.ts';
import { useEffect, useMemo } from 'react';
import { formatBytes } from '#src/text/format-number.ts';
import { addSource, addStep, isSource } from './canvas-actions.ts';
import { followLibrary, useLibrary } from '#renderer/stores/library-store.ts';
import { entryFits } from './canvas-library.ts';
import { canvasCommands } from './canvas-commands.ts';
import {
  activeDocument,
  closePalette,
  openPalette,
  useCanvas,
  type PaletteState,
  type SourceKind,
} from './canvas-store.ts';
import { kindNames, kindSummaries } from './node-text.ts';
import { PaletteGroup, PaletteItem } from './palette-item.tsx';
import { writtenPath } from './recipe-folder.ts';

const kinds: readonly NodeKind[] = [
  'base', 'adapter', 'merge', 'imatrix', 'quantize', 'package', 'family', 'evaluate',
]; // prettier-ignore

export function RootPage({ palette }: { palette: Extract<PaletteState, { page: 'root' }> }) {
  const { at, wire } = palette;
  const entries = useLibrary((store) => store.entries);
  const hasRecipe = useCanvas((store) =>
    store.documents.some(({ key, content }) => key === store.active && content.state === 'recipe'),
  );
  useEffect(followLibrary, []);
  const offered = useMemo(() => kinds.filter((kind) => fitsWire(kind, wire)), [wire]);
  const place = { ...(at === undefined ? {} : { at }), ...(wire === undefined ? {} : { wire }) };
  const choose = (kind: NodeKind) => {
    if (isSource(kind)) openPalette({ page: 'source', kind, ...place });
    else {
      closePalette();
      addStep(kind, at, wire);
    }
  };
  return (
    <>
      {hasRecipe && offered.length > 0 && (
        <PaletteGroup name={wire === undefined ? 'Add' : 'Add and wire'}>
          {offered.map((kind) => (
            <PaletteItem
              key={kind}
              value={`add ${kindNames[kind]}`}
              keywords={[kind]}
              title={isSource(kind) ? `${kindNames[kind]}…` : kindNames[kind]}
              detail={kindSummaries[kind]}
              onSelect={() => choose(kind)}
            />
          ))}
        </PaletteGroup>
      )}
      {hasRecipe &&
        entries.some((entry) =>
          offered.some((kind) => isSource(kind) && entryFits(entry, kind)),
        ) && (
          <PaletteGroup name="From the library">
            {entries.flatMap((entry) => {
              const kind = offered.find(
                (one): one is SourceKind => isSource(one) && entryFits(entry, one),
              );
              if (kind === undefined) return [];
              return [
                <PaletteItem
                  key={entry.file.id}
                  value={`library ${entry.file.path}`}
                  keywords={[entry.name, entry.domain ?? '', entry.architecture ?? '']}
                  title={entry.name}
                  detail={entryDetail(entry)}
                  aside={<span className="num">{formatBytes(entry.bytes)}</span>}
                  onSelect={() => {
                    closePalette();
                    addSource(kind, writtenPath(entry.file), at, wire);
                  }}
                />,
              ];
            })}
          </PaletteGroup>
        )}
      {wire === undefined && (
        <PaletteGroup name="Do">
          {canvasCommands(activeDocument()).map((command) => (
            <PaletteItem
              key={command.title}
              value={`do ${command.title}`}
              title={command.title}
              keys={command.keys}
              onSelect={() => {
                closePalette();
                command.run();
              }}
            />
          ))}
        </PaletteGroup>
      )}
    </>
  );
}

/** Whether a new node of this kind could stand at the free end of a wire. */
function fitsWire(kind: NodeKind, wire: Extract<PaletteState, { page: 'root' }>['wire']): boolean {
  if (wire === undefined) return true;
  const content = activeDocument()?.content;
  const node = content?.state === 'recipe' ? content.nodes.get(wire.node) : undefined;
  if (node === undefined) return false;
  const port = wire.end === 'from' ? inputPortFor(node.kind, kind) : inputPortFor(kind, node.kind);
  return port !== undefined;
}

export function entryDetail(entry: LibraryEntry): string {
  return [
    entry.kind === 'adapter' && entry.adapter !== undefined
      ? `Adapter · rank ${entry.adapter.rank} · α ${entry.adapter.alpha}`
      : entry.format,
    entry.architecture,
    entry.type,
    entry.domain,
    entry.foundIn,
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ');
}

// Choosing the file of a base, adapter or imatrix: what the library has, with the reason where an adapter does not fit the
// base, or any other file through the picker.
import { useEffect, useMemo } from 'react';
import { formatBytes } from '#src/text/format-number.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { pickFile, pickFiles } from '#renderer/stores/picker-store.ts';
import { addCollected, addSource, setFields } from './canvas-actions.ts';
import { followLibrary, useLibrary } from '#renderer/stores/library-store.ts';
import { baseFor, checkFits, entryFits, useCanvasLibrary } from './canvas-library.ts';
import { activeRecipe, closePalette, type PaletteState } from './canvas-store.ts';
import { focusNode } from './flow-view.ts';
import { PaletteGroup, PaletteItem } from './palette-item.tsx';
import { entryDetail } from './palette-root.tsx';
import { writtenPath } from './recipe-folder.ts';

type SourceState = Extract<PaletteState, { page: 'source' }>;

const pickTitles = {
  base: 'Choose a base model',
  adapter: 'Choose an adapter',
  imatrix: 'Choose an importance matrix',
} as const;

export function SourcePage({ palette }: { palette: SourceState }) {
  const { kind } = palette;
  const entries = useLibrary((store) => store.entries);
  const loading = useLibrary((store) => store.loading);
  const fits = useCanvasLibrary((store) => store.fits);
  const base = useMemo(() => {
    const recipe = activeRecipe()?.recipe;
    if (recipe === undefined || kind !== 'adapter') return undefined;
    return baseFor(recipe, palette.node ?? palette.wire?.node);
  }, [kind, palette.node, palette.wire]);
  useEffect(followLibrary, []);
  useEffect(() => {
    if (base !== undefined) void checkFits(base);
    // New entries have no answer yet.
  }, [base, entries]);

  const offered = entries.filter((entry) => entryFits(entry, kind));
  const refused = (id: string) => base !== undefined && fits.get(id)?.fits === false;
  const sorted = [...offered].sort(
    (left, right) => Number(refused(left.file.id)) - Number(refused(right.file.id)),
  );
  return (
    <>
      <PaletteGroup name="From the library">
        {sorted.map((entry) => {
          const fit = base === undefined ? undefined : fits.get(entry.file.id);
          return (
            <PaletteItem
              key={entry.file.id}
              value={`library ${entry.file.path}`}
              keywords={[entry.name, entry.domain ?? '', entry.subdomain ?? '']}
              title={entry.name}
              detail={fit?.reason ?? entryDetail(entry)}
              aside={
                fit === undefined ? (
                  <span className="num">{formatBytes(entry.bytes)}</span>
                ) : (
                  <Chip tone={fit.fits ? 'ok' : 'bad'}>{fit.fits ? 'fits' : 'does not fit'}</Chip>
                )
              }
              onSelect={() => take(palette, writtenPath(entry.file))}
            />
          );
        })}
        {loading && (
          <PaletteItem
            value="looking"
            title="Looking through the folders…"
            disabled
            onSelect={() => undefined}
          />
        )}
      </PaletteGroup>
      <PaletteGroup name="Elsewhere">
        <PaletteItem
          value="choose another file or folder"
          title="Another file or folder…"
          detail="From the workspace, a model folder, or anywhere the studio may read"
          onSelect={() => {
            closePalette();
            void pickFile(kind, pickTitles[kind]).then((file) => {
              if (file !== undefined) take(palette, writtenPath(file));
            });
          }}
        />
        {kind === 'imatrix' && (
          <PaletteItem
            value="collect from calibration texts"
            title="Collect from calibration texts…"
            detail="The build reads them with the model that is quantized"
            onSelect={() => {
              closePalette();
              void pickFiles('any', 'Choose calibration texts').then((files) => {
                if (files.length > 0) takeTexts(palette, files.map(writtenPath));
              });
            }}
          />
        )}
      </PaletteGroup>
    </>
  );
}

function take({ kind, node, at, wire }: SourceState, path: string): void {
  closePalette();
  if (node === undefined) addSource(kind, path, at, wire);
  else {
    // Another file is another content: a pinned hash would refuse it.
    const collecting = kind === 'imatrix' ? noCollecting : {};
    setFields(node, { path, sha256: undefined, ...collecting }, 'File');
    focusNode(node);
  }
}

/** What belongs to a matrix that is collected. */
const noCollecting = {
  texts: undefined,
  textsSha256: undefined,
  contextSize: undefined,
  chunks: undefined,
  processOutput: undefined,
  parseSpecial: undefined,
};

function takeTexts({ node, at, wire }: SourceState, texts: readonly string[]): void {
  if (node === undefined) addCollected(texts, at, wire);
  else {
    setFields(node, { texts, path: undefined, sha256: undefined, textsSha256: undefined }, 'Texts');
    focusNode(node);
  }
}

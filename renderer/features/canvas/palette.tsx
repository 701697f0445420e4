// The palette: steps to add, files of the library, commands, templates, recipes; and, for one node, its file or its wires.
// Opened by `/`, the Add button, a double click, or a wire that was dropped on empty space.
import { Command } from 'cmdk';
import { useEffect, useRef, useState } from 'react';
import { connectTargets } from './canvas-actions.ts';
import { activeDocument, closePalette, useCanvas, type PaletteState } from './canvas-store.ts';
import { focusPane } from './flow-view.ts';
import { shortName } from './node-text.ts';
import { ConnectPage } from './palette-connect.tsx';
import { RecipesPage } from './palette-recipes.tsx';
import { RootPage } from './palette-root.tsx';
import { SourcePage } from './palette-source.tsx';
import css from './palette.module.css';

export function CanvasPalette() {
  const palette = useCanvas((store) => store.palette);
  return palette === undefined ? null : <OpenPalette key={palette.page} palette={palette} />;
}

function OpenPalette({ palette }: { palette: PaletteState }) {
  const [search, setSearch] = useState('');
  const before = useRef<Element | null>(null);

  useEffect(() => {
    before.current = document.activeElement;
    return () => {
      // Back to where the focus was, unless what was chosen has moved it on.
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        if (before.current instanceof HTMLElement && before.current.isConnected) {
          before.current.focus();
        } else focusPane();
      });
    };
  }, []);

  return (
    <div
      className={css.backdrop}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) closePalette();
      }}
    >
      <div
        className={css.palette}
        role="dialog"
        aria-modal="true"
        aria-label={titleOf(palette)}
        onKeyDown={(event) => {
          // The list is walked with the arrows; Tab has nowhere else to go.
          if (event.key === 'Tab') event.preventDefault();
          event.stopPropagation();
          if (event.key === 'Escape') closePalette();
        }}
      >
        <Command label={titleOf(palette)} loop>
          <Command.Input
            className={css.input}
            placeholder={placeholders[palette.page]}
            value={search}
            onValueChange={setSearch}
            autoFocus
          />
          <Command.List className={css.list}>
            <Command.Empty className={css.empty}>Nothing is called that.</Command.Empty>
            <Page palette={palette} />
          </Command.List>
        </Command>
      </div>
    </div>
  );
}

function Page({ palette }: { palette: PaletteState }) {
  switch (palette.page) {
    case 'root':
      return <RootPage palette={palette} />;
    case 'source':
      return <SourcePage palette={palette} />;
    case 'connect':
      return <ConnectPage node={palette.node} targets={connectTargets} />;
    case 'recipes':
      return <RecipesPage />;
  }
}

const placeholders: Readonly<Record<PaletteState['page'], string>> = {
  root: 'Add a step, a model, or find a command',
  source: 'Find a file of the library',
  connect: 'Find a node',
  recipes: 'Find a recipe',
};

function titleOf(palette: PaletteState): string {
  switch (palette.page) {
    case 'root':
      return palette.wire === undefined ? 'Add' : 'Add and wire';
    case 'source':
      return palette.kind === 'base'
        ? 'Choose a base'
        : palette.kind === 'adapter'
          ? 'Choose an adapter'
          : 'Choose an importance matrix';
    case 'connect': {
      const content = activeDocument()?.content;
      const node = content?.state === 'recipe' ? content.nodes.get(palette.node) : undefined;
      return node === undefined ? 'Wires' : `Wires of ${shortName(node)}`;
    }
    case 'recipes':
      return 'Open a recipe';
  }
}

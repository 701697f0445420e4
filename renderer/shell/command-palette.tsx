// The command palette: everything that can be reached, by typing a part of its name.
import { Command } from 'cmdk';
import { useEffect, useMemo, useState } from 'react';
import type { RecipeSummary } from '#src/contract/studio/recipes.ts';
import { followLibrary, useLibrary } from '#renderer/stores/library-store.ts';
import { useNavigation } from '#renderer/stores/navigation-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { BareDialog } from '#renderer/ui/dialog.tsx';
import { Keyboard } from '#renderer/ui/keyboard.tsx';
import css from './command-palette.module.css';
import { paletteGroups, type PaletteItem } from './palette-items.ts';

const close = () => useNavigation.setState({ paletteOpen: false });

export function CommandPalette() {
  const state = useStudio((store) => store.state);
  const entries = useLibrary((store) => store.entries);
  const [recipes, setRecipes] = useState<readonly RecipeSummary[]>([]);
  const groups = useMemo(() => paletteGroups(state, recipes, entries), [state, recipes, entries]);
  useEffect(() => {
    followLibrary();
    const stop = new AbortController();
    // Without recipes the palette is still of use; the canvas tells what is wrong with the folder.
    studio()
      .call('listRecipes', {}, { signal: stop.signal })
      .then(setRecipes, () => undefined);
    return () => stop.abort();
  }, []);
  return (
    <BareDialog open onClose={close} label="Command palette">
      <Command label="Command palette" loop className={css.palette}>
        <Command.Input
          autoFocus
          className={css.input}
          placeholder="Go to a screen, open a recipe, find a model…"
        />
        <Command.List className={css.list}>
          <Command.Empty className={css.empty}>Nothing has this name.</Command.Empty>
          {groups.map((group) => (
            <Command.Group key={group.name} heading={group.name} className={css.group}>
              {group.items.map((item) => (
                <PaletteRow key={item.id} item={item} />
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </BareDialog>
  );
}

function PaletteRow({ item }: { item: PaletteItem }) {
  const Icon = item.icon;
  return (
    <Command.Item
      value={item.id}
      keywords={[item.label, item.detail ?? '']}
      className={css.item}
      onSelect={() => {
        close();
        item.run();
      }}
    >
      <Icon aria-hidden="true" />
      <span className={css.label}>{item.label}</span>
      {item.detail !== undefined && <span className={css.detail}>{item.detail}</span>}
      {item.shortcut !== undefined && <Keyboard shortcut={item.shortcut} />}
    </Command.Item>
  );
}

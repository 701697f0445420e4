// What the command palette offers. Only names and actions; finding is cmdk's.
import { BookOpen, Box, FolderOpen, Keyboard, ListChecks, Moon, Sun, SunMoon } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import type { RecipeSummary } from '#src/contract/studio/recipes.ts';
import type { StudioState } from '#src/contract/studio/state.ts';
import { goTo, handOver, useNavigation } from '#renderer/stores/navigation-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { notify } from '#renderer/ui/notify.ts';
import { screenEntries } from './screens.ts';
import { shortcutsDialog } from './shortcuts-dialog.tsx';
import { chooseWorkspace, openWorkspace } from './workspace-actions.ts';

export interface PaletteItem {
  readonly id: string;
  readonly label: string;
  /** Muted, behind the label. */
  readonly detail?: string;
  readonly shortcut?: string;
  readonly icon: LucideIcon;
  readonly run: () => void;
}

export interface PaletteGroup {
  readonly name: string;
  readonly items: readonly PaletteItem[];
}

/** More than these are found by typing. */
const libraryItemsShown = 200;

export function paletteGroups(
  state: StudioState | undefined,
  recipes: readonly RecipeSummary[],
  entries: readonly LibraryEntry[],
): readonly PaletteGroup[] {
  const groups: PaletteGroup[] = [
    { name: 'Go to', items: screenEntries.map(screenItem) },
    { name: 'Do', items: actionItems(state) },
    {
      name: 'Recipes',
      items: recipes.map(({ file }) => ({
        id: `recipe:${file.id}`,
        label: file.name,
        detail: file.recipePath,
        icon: BookOpen,
        run: () => handOver({ to: 'workflow', open: file }),
      })),
    },
    {
      name: 'Recent workspaces',
      items: (state?.recentWorkspaces ?? [])
        .filter(({ folder, exists }) => exists && folder.path !== state?.workspace.folder.path)
        .map(({ folder, name }) => ({
          id: `workspace:${folder.id}`,
          label: name,
          detail: folder.path,
          icon: FolderOpen,
          run: () => void openWorkspace(folder),
        })),
    },
    {
      name: 'Library',
      items: entries.slice(0, libraryItemsShown).map((entry) => ({
        id: `entry:${entry.file.id}`,
        label: entry.name,
        detail: [entry.type, entry.foundIn].filter(Boolean).join(' · '),
        icon: Box,
        run: () => handOver({ to: 'library', show: entry.file }),
      })),
    },
  ];
  return groups.filter(({ items }) => items.length > 0);
}

function screenItem({ screen, name, icon, shortcut }: (typeof screenEntries)[number]): PaletteItem {
  return { id: `screen:${screen}`, label: name, icon, shortcut, run: () => goTo(screen) };
}

function actionItems(state: StudioState | undefined): readonly PaletteItem[] {
  const { jobsOpen } = useNavigation.getState();
  const themes = [
    { theme: 'dark', label: 'Use the dark theme', icon: Moon },
    { theme: 'light', label: 'Use the light theme', icon: Sun },
    { theme: 'system', label: "Use the system's theme", icon: SunMoon },
  ] as const;
  return [
    {
      id: 'jobs',
      label: jobsOpen ? 'Hide jobs' : 'Show jobs',
      shortcut: 'Mod+J',
      icon: ListChecks,
      run: () => useNavigation.setState({ jobsOpen: !jobsOpen }),
    },
    {
      id: 'open-workspace',
      label: 'Open a workspace…',
      shortcut: 'Mod+Shift+O',
      icon: FolderOpen,
      run: () => void chooseWorkspace(),
    },
    ...themes
      .filter(({ theme }) => theme !== state?.settings.theme)
      .map(({ theme, label, icon }) => ({
        id: `theme:${theme}`,
        label,
        icon,
        run: () => {
          studio()
            .call('changeSettings', { changes: { theme } })
            .catch((error: unknown) => notify.error(error));
        },
      })),
    {
      id: 'shortcuts',
      label: 'Show keyboard shortcuts',
      shortcut: '?',
      icon: Keyboard,
      run: () => shortcutsDialog.set(true),
    },
  ];
}

// The rail's entries: name, icon and key of every screen.
import {
  Activity,
  ChartScatter,
  Columns2,
  LibraryBig,
  Settings,
  Waypoints,
  Workflow,
  type LucideIcon,
} from 'lucide-react';
import type { Screen } from '#renderer/stores/navigation-store.ts';

export interface ScreenEntry {
  readonly screen: Screen;
  readonly name: string;
  readonly icon: LucideIcon;
  readonly shortcut: string;
}

export const screenEntries: readonly ScreenEntry[] = [
  { screen: 'library', name: 'Library', icon: LibraryBig, shortcut: 'Mod+1' },
  { screen: 'workflow', name: 'Workflow', icon: Workflow, shortcut: 'Mod+2' },
  { screen: 'compare', name: 'Compare', icon: ChartScatter, shortcut: 'Mod+3' },
  { screen: 'chat', name: 'Chat', icon: Columns2, shortcut: 'Mod+4' },
  { screen: 'router', name: 'Router', icon: Waypoints, shortcut: 'Mod+5' },
  { screen: 'doctor', name: 'Doctor', icon: Activity, shortcut: 'Mod+6' },
  { screen: 'settings', name: 'Settings', icon: Settings, shortcut: 'Mod+,' },
];

// Which screen is shown, and what one screen hands to another (a file to chat with, a recipe to open).
import { create } from 'zustand';
import type { FileReference } from '#src/contract/studio/files.ts';

export const screens = [
  'library',
  'workflow',
  'compare',
  'chat',
  'router',
  'doctor',
  'settings',
] as const;
export type Screen = (typeof screens)[number];

/** Handed over once; the receiving screen takes it with `takeHandover`. */
export type Handover =
  | { to: 'workflow'; open: FileReference }
  | { to: 'workflow'; addBase: FileReference }
  | { to: 'workflow'; addAdapter: FileReference }
  | { to: 'chat'; files: readonly FileReference[] }
  | { to: 'compare'; files: readonly FileReference[] }
  /** A measured run, by its id. */
  | { to: 'compare'; run: string }
  /** Files or folders to check. */
  | { to: 'doctor'; files: readonly FileReference[] }
  | { to: 'library'; show: FileReference };

export interface NavigationStore {
  readonly screen: Screen;
  readonly handover: Handover | undefined;
  readonly jobsOpen: boolean;
  /** A job to show in the drawer. */
  readonly shownJob: string | undefined;
  readonly paletteOpen: boolean;
}

export const useNavigation = create<NavigationStore>(() => ({
  screen: 'library',
  handover: undefined,
  jobsOpen: false,
  shownJob: undefined,
  paletteOpen: false,
}));

export function goTo(screen: Screen): void {
  useNavigation.setState({ screen });
}

/** Goes to a screen with something for it. */
export function handOver(handover: Handover): void {
  useNavigation.setState({ screen: handover.to, handover });
}

/** What was handed to a screen, once. */
export function takeHandover<S extends Handover['to']>(
  screen: S,
): Extract<Handover, { to: S }> | undefined {
  const { handover } = useNavigation.getState();
  if (handover?.to !== screen) return undefined;
  useNavigation.setState({ handover: undefined });
  return handover as Extract<Handover, { to: S }>;
}

export function showJob(job: string): void {
  useNavigation.setState({ jobsOpen: true, shownJob: job });
}

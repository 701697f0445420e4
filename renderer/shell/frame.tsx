// The frame of the window: top bar, rail, the screen with the jobs drawer under it, status bar; and what floats over them.
import { lazy, Suspense, type ReactNode } from 'react';
import { useNavigation } from '#renderer/stores/navigation-store.ts';
import { usePicker } from '#renderer/stores/picker-store.ts';
import { ConfirmHost } from '#renderer/ui/dialog.tsx';
import { ResizeHandle, useStoredSize } from '#renderer/ui/resize-handle.tsx';
import { ScreenHeaderSlots } from '#renderer/ui/screen-header.tsx';
import { Toaster } from '#renderer/ui/toaster.tsx';
import { InterfaceProvider } from '#renderer/ui/interface-provider.tsx';
import { Banners } from './banners.tsx';
import css from './frame.module.css';
import { Rail } from './rail.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { StatusBar } from './status-bar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

const CommandPalette = lazy(async () => ({
  default: (await import('./command-palette.tsx')).CommandPalette,
}));
const FilePicker = lazy(async () => ({
  default: (await import('./file-picker.tsx')).FilePicker,
}));

export interface FrameProps {
  /** Content of the jobs drawer. */
  jobs: ReactNode;
  children: ReactNode;
}

export function Frame({ jobs, children }: FrameProps) {
  useShortcuts();
  const jobsOpen = useNavigation((store) => store.jobsOpen);
  const paletteOpen = useNavigation((store) => store.paletteOpen);
  const request = usePicker((store) => store.request);
  const [drawerHeight, setDrawerHeight] = useStoredSize('jobs', 280);
  const most = Math.max(160, window.innerHeight - 240);
  const height = Math.min(drawerHeight, most);
  return (
    <InterfaceProvider>
      <div className={css.frame}>
        <header className={css.top}>
          <span className={css.brand}>GGUF Studio</span>
          <ScreenHeaderSlots />
        </header>
        <Rail />
        <div className={css.middle}>
          <Banners />
          <main className={css.screen}>{children}</main>
          {jobsOpen && (
            <aside className={css.drawer} style={{ height }} aria-label="Jobs">
              <ResizeHandle
                label="Height of the jobs drawer"
                orientation="horizontal"
                value={height}
                minimum={120}
                maximum={most}
                onChange={setDrawerHeight}
              />
              {jobs}
            </aside>
          )}
        </div>
        <StatusBar />
      </div>
      <Toaster />
      <ConfirmHost />
      <ShortcutsDialog />
      <Suspense>
        {paletteOpen && <CommandPalette />}
        {request !== undefined && <FilePicker request={request} />}
      </Suspense>
    </InterfaceProvider>
  );
}

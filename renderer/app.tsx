// Puts screens into the frame. Screens are loaded when they are first shown; Library comes with the start.
import { lazy, Suspense, useEffect, type ComponentType } from 'react';
import { JobsDrawer } from '#renderer/features/jobs/jobs-drawer.tsx';
import { LibraryScreen } from '#renderer/features/library/library-screen.tsx';
import { ErrorBoundary } from '#renderer/shell/error-boundary.tsx';
import { Frame } from '#renderer/shell/frame.tsx';
import { goTo, useNavigation, type Screen } from '#renderer/stores/navigation-store.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { applyTheme } from '#renderer/theme/apply-theme.ts';
import { Skeleton } from '#renderer/ui/skeleton.tsx';

const WorkflowScreen = lazy(async () => ({
  default: (await import('#renderer/features/canvas/workflow-screen.tsx')).WorkflowScreen,
}));
const ChatScreen = lazy(async () => ({
  default: (await import('#renderer/features/chat/chat-screen.tsx')).ChatScreen,
}));
const SettingsScreen = lazy(async () => ({
  default: (await import('#renderer/features/settings/settings-screen.tsx')).SettingsScreen,
}));
const CompareScreen = lazy(async () => ({
  default: (await import('#renderer/features/compare/compare-screen.tsx')).CompareScreen,
}));
const RouterScreen = lazy(async () => ({
  default: (await import('#renderer/features/router/router-screen.tsx')).RouterScreen,
}));
const DoctorScreen = lazy(async () => ({
  default: (await import('#renderer/features/doctor/doctor-screen.tsx')).DoctorScreen,
}));

const screenOf: Readonly<Record<Screen, ComponentType>> = {
  library: LibraryScreen,
  workflow: WorkflowScreen,
  chat: ChatScreen,
  settings: SettingsScreen,
  compare: CompareScreen,
  router: RouterScreen,
  doctor: DoctorScreen,
};

export function App() {
  const screen = useNavigation((store) => store.screen);
  const theme = useStudio((store) => store.state?.settings.theme ?? 'system');
  useEffect(() => applyTheme(theme), [theme]);
  const Shown = screenOf[screen];
  return (
    <Frame jobs={<JobsDrawer />}>
      <ErrorBoundary key={screen} screen={screen} onLeave={() => goTo('library')}>
        <Suspense fallback={<Skeleton />}>
          <Shown />
        </Suspense>
      </ErrorBoundary>
    </Frame>
  );
}

// Screens that are not here yet: each says what it will do, and what can be done today towards the same end.
import { Activity, ChartScatter, type LucideIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { FileReference } from '#src/contract/studio/files.ts';
import {
  goTo,
  handOver,
  takeHandover,
  useNavigation,
  type Screen,
} from '#renderer/stores/navigation-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';

interface Upcoming {
  readonly name: string;
  readonly icon: LucideIcon;
  readonly title: string;
  readonly will: string;
  readonly today: string;
  readonly actions: readonly { label: string; screen: Screen }[];
}

const upcoming: Readonly<Record<'compare' | 'doctor', Upcoming>> = {
  compare: {
    name: 'Compare',
    icon: ChartScatter,
    title: 'Measured comparisons are not here yet',
    will: 'This screen will set the size of each output against its measured distance from the original, for each domain, with a recommendation.',
    today:
      'Today: build several levels in one pass on the workflow canvas, and ask them the same questions side by side in the chat, blind if you like.',
    actions: [
      { label: 'Chat side by side', screen: 'chat' },
      { label: 'Build levels', screen: 'workflow' },
    ],
  },
  doctor: {
    name: 'Doctor',
    icon: Activity,
    title: 'Model check-ups are not here yet',
    will: 'This screen will check files for damage, missing metadata and broken templates, and repair what can be repaired.',
    today:
      'Today: the library shows metadata, tensors, chat template and every problem found in a file, and "gguf-studio validate" runs a file through llama.cpp.',
    actions: [{ label: 'Open the library', screen: 'library' }],
  },
};

export function UpcomingScreen({ screen }: { screen: keyof typeof upcoming }) {
  const { name, icon: Icon, title, will, today, actions } = upcoming[screen];
  const handover = useNavigation((store) => store.handover);
  /** What was sent here to be compared. */
  const [files, setFiles] = useState<readonly FileReference[]>([]);
  useEffect(() => {
    const taken = screen === 'compare' ? takeHandover('compare') : undefined;
    if (taken !== undefined && 'files' in taken) setFiles(taken.files);
  }, [handover, screen]);
  return (
    <>
      <ScreenHeader crumb={name} />
      <EmptyState
        icon={<Icon aria-hidden="true" />}
        title={title}
        text={
          <>
            <p>{will}</p>
            <p>{today}</p>
          </>
        }
        actions={
          <>
            {files.length > 0 && (
              <Button variant="primary" onClick={() => handOver({ to: 'chat', files })}>
                {files.length === 1 && files[0] !== undefined
                  ? `Chat with ${files[0].name}`
                  : `Chat with these ${files.length} side by side`}
              </Button>
            )}
            {actions.map((action) => (
              <Button key={action.screen} onClick={() => goTo(action.screen)}>
                {action.label}
              </Button>
            ))}
          </>
        }
      />
    </>
  );
}

// Lines over the screen for what concerns the whole window: the studio is gone, the workspace cannot be written, a host died.
import { CircleAlert, TriangleAlert, X } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import css from './frame.module.css';
import { chooseWorkspace } from './workspace-actions.ts';

const hostNames = {
  factory: 'The factory, which builds models,',
  engine: 'The engine, which runs models,',
} as const;

export function Banners() {
  const lost = useStudio((store) => store.lost);
  const workspace = useStudio((store) => store.state?.workspace);
  const hosts = useStudio((store) => store.hosts);
  const mode = useStudio((store) => store.state?.mode);
  const notices = useStudio((store) => store.state?.notices);
  const [closed, setClosed] = useState<readonly string[]>([]);
  const close = (banner: string) => setClosed((before) => [...before, banner]);

  // A host that runs again and dies again is told again.
  useEffect(() => {
    const running = Object.values(hosts).filter(({ state }) => state !== 'crashed');
    setClosed((before) =>
      before.filter((banner) => !running.some(({ name }) => banner.startsWith(`${name}:`))),
    );
  }, [hosts]);

  if (lost !== undefined) {
    return (
      <Banner
        tone="bad"
        text="The studio behind this window is gone."
        more={`${sentence(lost)} ${mode === 'browser' ? 'If it has ended, start "gguf-studio serve" again and open the address that it prints.' : ''}`}
      >
        <Button onClick={() => window.location.reload()}>Reload</Button>
      </Banner>
    );
  }
  return (
    <>
      {workspace?.readOnly !== undefined && (
        <Banner
          tone="warn"
          text={workspace.readOnly}
          more="Models can be read and chatted with; saving and building need another one."
        >
          <Button onClick={() => void chooseWorkspace()}>Open another workspace…</Button>
        </Banner>
      )}
      {workspace?.alsoOpenIn !== undefined && !closed.includes('also-open') && (
        <Banner
          tone="warn"
          text="Another studio has this workspace open too."
          more={`Process ${workspace.alsoOpenIn}. Saving a recipe in both keeps the one that is saved first; the other is told.`}
          onClose={() => close('also-open')}
        />
      )}
      {Object.values(hosts).map(
        (host) =>
          host.state === 'crashed' &&
          !closed.includes(`${host.name}:${host.reason ?? ''}`) && (
            <Banner
              key={host.name}
              tone="bad"
              text={`${hostNames[host.name]} stopped unexpectedly.`}
              more={`${sentence(host.reason)} It starts again by itself with the next task.`}
              onClose={() => close(`${host.name}:${host.reason ?? ''}`)}
            />
          ),
      )}
      {notices?.map(
        (notice) =>
          !closed.includes(notice) && (
            <Banner key={notice} tone="warn" text={notice} onClose={() => close(notice)} />
          ),
      )}
    </>
  );
}

/** `Reason: signal SIGKILL.` */
function sentence(reason: string | undefined): string {
  if (reason === undefined || reason.trim() === '') return 'It left no reason.';
  return `Reason: ${reason.trim().replace(/\.$/, '')}.`;
}

interface BannerProps {
  tone: 'warn' | 'bad';
  text: string;
  more?: string;
  onClose?: () => void;
  children?: ReactNode;
}

function Banner({ tone, text, more, onClose, children }: BannerProps) {
  const Icon = tone === 'bad' ? CircleAlert : TriangleAlert;
  return (
    <div className={css.banner} data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon aria-hidden="true" />
      <p>
        {text} {more !== undefined && <span>{more}</span>}
      </p>
      {children}
      {onClose !== undefined && (
        <IconButton label="Close this notice" tooltipSide="left" onClick={onClose}>
          <X aria-hidden="true" />
        </IconButton>
      )}
    </div>
  );
}

// The line at the bottom: engine, memory, workspace, jobs.
import { goTo, useNavigation } from '#renderer/stores/navigation-store.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { Keyboard } from '#renderer/ui/keyboard.tsx';
import { Tooltip } from '#renderer/ui/tooltip.tsx';
import css from './frame.module.css';
import { engineText, gpuText, jobsText, memoryText } from './status-text.ts';

export function StatusBar() {
  const engine = useStudio((store) => store.hosts.engine);
  const meter = useStudio((store) => store.meter);
  const workspace = useStudio((store) => store.state?.workspace);
  const jobs = useStudio((store) => store.jobs);
  const jobsOpen = useNavigation((store) => store.jobsOpen);
  const { text, left } = jobsText(jobs);
  return (
    <footer className={css.status}>
      <Tooltip text={engine.reason ?? 'Loads models and answers; it wakes with the first chat.'}>
        <span className={css.fact}>
          <i className={css.dot} data-state={engine.state} aria-hidden="true" />
          {engineText(engine)}
        </span>
      </Tooltip>
      {meter !== undefined && (
        <>
          <span className={css.fact}>
            GPU <span className="num">{gpuText(meter)}</span>
          </span>
          <span>
            RAM <span className="num">{memoryText(meter)}</span>
          </span>
        </>
      )}
      <span className={css.space} />
      {workspace !== undefined && (
        <Tooltip text={workspace.folder.path}>
          <button type="button" className={css.statusButton} onClick={() => goTo('settings')}>
            <span className="visually-hidden">Workspace: </span>
            {workspace.name}
          </button>
        </Tooltip>
      )}
      <button
        type="button"
        className={css.statusButton}
        aria-expanded={jobsOpen}
        onClick={() => useNavigation.setState({ jobsOpen: !jobsOpen })}
      >
        {text}
        {left !== undefined && (
          <>
            {' · '}
            <span className="num">{left}</span> left
          </>
        )}
        <Keyboard shortcut="Mod+J" />
      </button>
    </footer>
  );
}

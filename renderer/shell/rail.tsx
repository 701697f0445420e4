// The way between screens, at the left edge.
import { goTo, useNavigation } from '#renderer/stores/navigation-store.ts';
import { Tooltip } from '#renderer/ui/tooltip.tsx';
import css from './frame.module.css';
import { screenEntries, type ScreenEntry } from './screens.ts';
import { useSpringLoad } from './use-spring-load.ts';

export function Rail() {
  const screen = useNavigation((store) => store.screen);
  return (
    <nav className={css.rail} aria-label="Screens">
      {screenEntries.map((entry) => (
        <RailButton key={entry.screen} entry={entry} current={entry.screen === screen} />
      ))}
    </nav>
  );
}

function RailButton({ entry, current }: { entry: ScreenEntry; current: boolean }) {
  const Icon = entry.icon;
  const springLoad = useSpringLoad(() => goTo(entry.screen));
  return (
    <Tooltip text={entry.name} shortcut={entry.shortcut} side="right">
      <button
        type="button"
        className={css.railButton}
        data-screen={entry.screen}
        aria-label={entry.name}
        aria-current={current ? 'page' : undefined}
        onClick={() => goTo(entry.screen)}
        // Only the canvas takes files from another screen.
        {...(entry.screen === 'workflow' ? springLoad : {})}
      >
        <Icon aria-hidden="true" />
      </button>
    </Tooltip>
  );
}

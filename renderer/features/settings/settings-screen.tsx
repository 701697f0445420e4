// Settings of this machine and of the workspace, and what the machine has. Changes apply at once.
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';
import { MachineCard } from './machine-card.tsx';
import { ModelFoldersCard } from './model-folders-card.tsx';
import { AppearanceCard, BuildingCard, RunningCard } from './option-cards.tsx';
import css from './settings.module.css';
import { WorkspaceCard } from './workspace-card.tsx';

export function SettingsScreen() {
  return (
    <div className={css.scroll} tabIndex={0} role="region" aria-label="Settings">
      <ScreenHeader crumb="Settings" />
      <div className={css.columns}>
        <div className={css.column}>
          <WorkspaceCard />
          <ModelFoldersCard />
          <RunningCard />
          <BuildingCard />
          <AppearanceCard />
        </div>
        <div className={css.side}>
          <MachineCard />
        </div>
      </div>
    </div>
  );
}

// Settings of this machine and of the workspace, and what the machine has.
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';

export function SettingsScreen() {
  return <ScreenHeader crumb="Settings" />;
}

// The library: every model, adapter and matrix that was found, with what this machine can do with it.
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';

export function LibraryScreen() {
  return <ScreenHeader crumb="Library" />;
}

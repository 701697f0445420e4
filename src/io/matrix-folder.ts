// Importance matrices that builds collected, under the keys of what decides them. A few megabytes each; `clean --cache` lists
// them, and a build that needs one again collects it again.
import { join } from 'node:path';
import { studioHome } from './studio-home.ts';

export function matrixFolder(home = studioHome()): string {
  return join(home, 'matrices');
}

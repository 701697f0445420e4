// What the ways to decide are called in the window.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';

export const kindLabels: Readonly<Record<RouterManifest['classifier']['kind'], string>> = {
  lexical: 'Words',
  embedding: 'Embedding',
  cascade: 'Both',
};

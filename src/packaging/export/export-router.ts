// One door to all export formats, for the command line and the window.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { exportLlamaServer } from './llama-server.ts';
import { exportLlamaSwap } from './llama-swap.ts';
import { exportLmStudio } from './lm-studio.ts';
import { exportOllama } from './ollama.ts';
import type { ExportFormat, ExportPlaces, RouterExport } from './router-export.ts';

/** Pure. Throws `export/unsupported` for what a format cannot hold. */
export function exportRouter(
  manifest: RouterManifest,
  format: ExportFormat,
  places: ExportPlaces,
): RouterExport {
  switch (format) {
    case 'llama-server':
      return exportLlamaServer(manifest, places);
    case 'llama-swap':
      return exportLlamaSwap(manifest, places);
    case 'ollama':
      return exportOllama(manifest, places);
    case 'lm-studio':
      return exportLmStudio(manifest);
  }
}

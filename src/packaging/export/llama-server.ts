// llama-server's router preset (tools/server/README.md, "Model presets"; common/preset.cpp reads it): a section per model,
// long flags without dashes as keys. Started with: llama-server --models-preset FILE.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { commonNotices, llamaFlags, servedModels, type ExportPlaces, type RouterExport } from './router-export.ts'; // prettier-ignore

export const presetName = 'router.preset.ini';

/** Throws `export/unsupported` for a path or id that the INI grammar cannot hold. */
export function exportLlamaServer(manifest: RouterManifest, places: ExportPlaces): RouterExport {
  const { models, adapters } = servedModels(manifest, places);
  const sections = models.map((model) => {
    const lines = llamaFlags(model).map(([key, value]) => `${key} = ${iniValue(value)}\n`);
    const startup = model.preload ? 'load-on-startup = true\n' : '';
    return `[${sectionName(model.id)}]\n${lines.join('')}${startup}`;
  });
  const text = `; ${comment(manifest.name)}, written by GGUF Studio. Start: llama-server --models-preset ${presetName}\nversion = 1\n\n${sections.join('\n')}`;
  return { files: [{ name: presetName, text }], adapters, copies: [], notices: commonNotices(manifest, 'llama-server') }; // prettier-ignore
}

/** `;` and `#` begin a comment wherever they stand; there is no way to quote them. */
function iniValue(value: string): string {
  if (!/[;#\r\n]/.test(value) && value === value.trim()) return value;
  throw new StudioError('export/unsupported', `A llama-server preset cannot hold "${value}".`, {
    hint: 'Move the family to a folder without ";" and "#" in its path.',
  });
}

function sectionName(id: string): string {
  // What follows a last colon is read as a level and put into capitals.
  if (!/[\]\r\n:]/.test(id) && id !== '*' && id === id.trim()) return id;
  throw new StudioError(
    'export/unsupported',
    `"${id}" cannot be a section of a llama-server preset.`,
    {
      hint: 'Rename the route without "]" and ":".',
    },
  );
}

function comment(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

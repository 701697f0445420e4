// LM Studio's models folder: <publisher>/<model>/<file>.gguf, a projector beside its model. It loads a bundled parent as its
// plain base.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { baseNameOf, safeName } from '../file-names.ts';
import type { RouterExport } from './router-export.ts';

export const layoutName = 'lm-studio-layout.txt';

export function exportLmStudio(manifest: RouterManifest): RouterExport {
  const publisher = safeName(manifest.name);
  const projector = manifest.companions.find(({ role }) => role === 'mmproj');
  const copies = manifest.parents.flatMap((parent) => {
    const fileName = parent.file.split('/').at(-1) ?? parent.file;
    // Levels of one model share a folder, as LM Studio shows them: the name without the level is the model's.
    const folder = `${publisher}/${safeName(baseNameOf(parent.file).name)}-GGUF`;
    const withProjector = projector === undefined ? [] : [{ file: projector.file, to: `${folder}/mmproj-${safeName(projector.file.split('/').at(-1) ?? '')}` }]; // prettier-ignore
    return [{ file: parent.file, to: `${folder}/${safeName(fileName)}` }, ...withProjector];
  });
  const unique = [...new Map(copies.map((copy) => [copy.to, copy])).values()];
  const bytes = manifest.parents.reduce((sum, parent) => sum + parent.bytes, 0);
  const bundled = manifest.parents.filter(({ adapters }) => adapters.some(({ source }) => source !== 'merged')); // prettier-ignore
  const lines = unique.map(({ file, to }) => `${file} -> ${to}`);
  const text = `${manifest.name}: put these files into LM Studio's models folder (My Models > ... > Open in file manager).\n\n${lines.join('\n')}\n`;
  return {
    files: [{ name: layoutName, text }],
    adapters: [],
    copies: unique,
    notices: [
      `${formatBytes(bytes)} belong into LM Studio's models folder; with an output folder they are laid out there.`,
      ...(bundled.length === 0
        ? []
        : [`LM Studio loads no adapters: ${bundled.map(({ id }) => id).join(', ')} answer as the plain base. Build them merged to use their domains there.`]), // prettier-ignore
    ],
  };
}

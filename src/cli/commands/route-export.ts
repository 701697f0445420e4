// `route export`: a family as the configuration of another server. Part of the command `route` (route.ts).
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toIoError } from '#src/io/io-error.ts';
import { exportRouter } from '#src/packaging/export/export-router.ts';
import { exportFormats, type ExportFormat } from '#src/packaging/export/router-export.ts';
import { writeExport } from '#src/packaging/export/write-export.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';
import type { CommandContext, CommandOutcome } from '../command.ts';
import { printable } from '../printable.ts';
import { usageError } from '../usage-error.ts';

export interface RouteExportRequest {
  /** Absolute path of router.json. */
  readonly manifest: string;
  readonly format: string | undefined;
  /** Absolute folder; without it texts are printed. */
  readonly output: string | undefined;
  readonly overwrite: boolean;
}

/** Throws `usage/invalid`, `routing/manifest`, `export/unsupported` and I/O errors. */
export async function exportRoute(
  { manifest: path, format: asked, output, overwrite }: RouteExportRequest,
  context: CommandContext,
): Promise<CommandOutcome> {
  const format = exportFormats.find((known): known is ExportFormat => known === asked);
  if (format === undefined) {
    throw usageError(
      asked === undefined ? 'route export needs a format.' : `There is no format "${asked}".`,
      `Add --format ${exportFormats.join('|')}.`,
    );
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toIoError(error, path);
  });
  const manifest = parseManifest(text, path);
  const family = dirname(path);
  const adapters = join(output ?? family, 'adapters');
  const exported = exportRouter(manifest, format, { family, adapters });
  for (const message of exported.notices) context.show({ event: 'notice', level: 'info', message });
  const { files, notices } = exported;
  if (output === undefined) {
    if (exported.adapters.length > 0) {
      const message = `The texts name ${exported.adapters.length} adapters in ${adapters}; with -o FOLDER they are unpacked there, too.`;
      context.show({ event: 'notice', level: 'info', message });
    }
    const headed = files.length > 1 ? files.map((file) => `# ${file.name}\n${file.text}`) : files.map((file) => file.text); // prettier-ignore
    return { result: { format, files, notices }, text: headed.join('\n') };
  }
  const { signal } = context;
  const emit = context.show.bind(context);
  const paths = await writeExport(exported, { family, folder: output, overwrite, emit, signal });
  const lines = paths.map((written) => `${printable(written)}\n`);
  return { result: { format, paths, files, notices }, text: lines.join('') };
}

// llama-swap's config.yaml: a llama-server command per model; models of one parent share a group, so that one of them runs.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { commonNotices, llamaFlags, servedModels, type ExportPlaces, type RouterExport } from './router-export.ts'; // prettier-ignore

export const swapConfigName = 'llama-swap.yaml';

/** Throws `export/unsupported` for a path that no command line can hold. */
export function exportLlamaSwap(manifest: RouterManifest, places: ExportPlaces): RouterExport {
  const { models, adapters } = servedModels(manifest, places);
  const entries = models.map((model) => {
    const words = llamaFlags(model).flatMap(([flag, value]) => [`--${flag}`, shellWord(value)]);
    const command = ['llama-server', '--host', '127.0.0.1', '--port', '${PORT}', ...words].join(
      ' ',
    );
    return [
      `  ${text(model.id)}:`,
      `    cmd: ${text(command)}`,
      `    ttl: ${manifest.policy.keepAliveSeconds}`,
      ...(model.route?.note === undefined ? [] : [`    description: ${text(model.route.note)}`]),
    ].join('\n');
  });
  const groups = manifest.parents.flatMap(({ id }, index) => {
    const members = models.filter(({ parent }) => parent.id === id).map((model) => model.id);
    if (members.length < 2) return [];
    const list = members.map((member) => `      - ${text(member)}`);
    return [`  ${text(`parent-${index + 1}`)}:\n    swap: true\n    exclusive: false\n    members:\n${list.join('\n')}`]; // prettier-ignore
  });
  const preload = models.filter((model) => model.preload).map(({ id }) => `      - ${text(id)}`);
  const parts = [
    `# ${manifest.name.replace(/[\r\n]+/g, ' ')}, written by GGUF Studio. Start: llama-swap --config ${swapConfigName}`,
    `models:\n${entries.join('\n')}`,
    ...(groups.length === 0 ? [] : [`groups:\n${groups.join('\n')}`]),
    ...(preload.length === 0 ? [] : [`hooks:\n  on_startup:\n    preload:\n${preload.join('\n')}`]),
  ];
  return {
    files: [{ name: swapConfigName, text: `${parts.join('\n\n')}\n` }],
    adapters,
    copies: [],
    notices: commonNotices(manifest, 'llama-swap'),
  };
}

/** A JSON string is a YAML string (YAML 1.2, double-quoted style). */
function text(value: string): string {
  return JSON.stringify(value);
}

/** One word of the command, which llama-swap splits as a shell would and in which it replaces `${...}`. */
function shellWord(value: string): string {
  if (/[\r\n\0]/.test(value) || value.includes('${')) {
    throw new StudioError('export/unsupported', `A llama-swap command cannot hold "${value}".`, {
      hint: 'Move the family to a folder without line breaks and "${" in its path.',
    });
  }
  if (/^[A-Za-z0-9_./:=@%+-]+$/.test(value)) return value;
  return `"${value.replaceAll(/["\\$`]/g, (character) => `\\${character}`)}"`;
}

// `clean`: lists what interrupted work left in the app's own folders; deletes it only with --yes.
import { join } from 'node:path';
import { findLeftovers, removeLeftover, type Leftover } from '#src/io/leftovers.ts';
import { studioHome } from '#src/io/studio-home.ts';
import { findWorkspace, openWorkspace, type Workspace } from '#src/io/workspace.ts';
import { describeCommand } from '#src/stages/stage-descriptor.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../render-table.ts';

const descriptor = describeCommand({
  name: 'clean',
  title: 'Clean',
  summary: 'List or delete what interrupted work left behind',
  description: [
    'Looks only into folders that belong to GGUF Studio: workspaces (with gguf-studio.json) and its own state folder. Partial outputs that a running process writes are left alone; deleting the others means that their builds start anew.',
  ],
  forms: ['[WORKSPACE...]'],
  positionals: { minimum: 0, maximum: 100 },
  options: {
    yes: {
      kind: 'flag',
      aliases: ['-y'],
      label: 'Yes',
      description: 'Delete. Without it nothing is deleted, only listed.',
    },
    cache: {
      kind: 'flag',
      label: 'Cache',
      description:
        'The adapters that were taken out of bundles or converted for the chat, and the importance matrices that builds collected, too; they are made again when needed.',
    },
  },
  examples: [
    { command: 'gguf-studio clean', explains: 'What would be deleted' },
    { command: 'gguf-studio clean --yes', explains: 'Delete it' },
  ],
});

export const cleanCommand = defineCommand(descriptor, async ({ options, positionals }, context) => {
  const workspaces = await findWorkspaces(positionals, context);
  const items = await findLeftovers({ workspaces, cache: options.cache ?? false });
  const deleted: Leftover[] = [];
  if (options.yes === true) {
    for (const item of items) {
      context.signal.throwIfAborted();
      if (await removeLeftover(item)) deleted.push(item);
    }
  }
  const shown = options.yes === true ? deleted : items;
  return {
    result: {
      deleted: options.yes === true,
      items: shown,
      workspaces: workspaces.map(({ folder }) => folder),
    },
    text: renderLeftovers(shown, options.yes === true),
  };
});

/** Named ones, else the one around the current folder and the embedded Seedling. */
async function findWorkspaces(
  positionals: readonly string[],
  context: CommandContext,
): Promise<Workspace[]> {
  if (positionals.length > 0) {
    return Promise.all(positionals.map((folder) => openWorkspace(context.resolvePath(folder))));
  }
  const around = await findWorkspace(context.resolvePath('.'));
  const seedling = await openWorkspace(join(studioHome(), 'seedling')).catch((error: unknown) => {
    if (error instanceof StudioError && error.code === 'io/not-found') return undefined;
    throw error;
  });
  const found = [around, seedling].filter((workspace) => workspace !== undefined);
  return found.filter(
    (workspace, index) => found.findIndex(({ folder }) => folder === workspace.folder) === index,
  );
}

function renderLeftovers(items: readonly Leftover[], deleted: boolean): string {
  if (items.length === 0) return 'Nothing to clean.\n';
  const rows = items.map((item) => [item.kind, formatBytes(item.bytes), printable(item.path)]);
  const columns = [
    { title: 'kind' },
    { title: 'size', align: 'right' as const },
    { title: 'path' },
  ];
  const total = formatBytes(items.reduce((sum, { bytes }) => sum + bytes, 0));
  const last = deleted
    ? `Deleted ${items.length} items, ${total}.\n`
    : `${items.length} items, ${total}. Nothing was deleted: add --yes to delete them.\n`;
  return `${renderTable(columns, rows)}${last}`;
}

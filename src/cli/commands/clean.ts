// `clean`: lists what interrupted work left in the app's own folders; deletes it after a yes, or with --yes.
import { findLeftovers, removeLeftover, type Leftover } from '#src/io/leftovers.ts';
import { studioHome } from '#src/io/studio-home.ts';
import { findWorkspace, openWorkspace, type Workspace } from '#src/io/workspace.ts';
import { describeCommand } from '#src/stages/stage-descriptor.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { join } from 'node:path';
import { defineCommand, type CommandContext } from '../command.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../render-table.ts';
import { usageError } from '../usage-error.ts';

const descriptor = describeCommand({
  name: 'clean',
  title: 'Clean',
  summary: 'List or delete what interrupted work left behind',
  description: [
    'Finds partial and rejected outputs, short-lived files of processes that are gone, records of files that are gone, and logs of jobs that ended more than 30 days ago. What is kept only to be quicker (adapters taken out of bundles or converted for the chat, importance matrices that builds collected, parts of measurements) may take 8 GiB together, or what "cacheLimitBytes" in settings.json says; beyond that, what was used longest ago is listed too.',
    'Looks only into folders that belong to GGUF Studio: workspaces (with gguf-studio.json) and its own state folder. Links are never followed. Partial outputs that a running process writes are left alone; deleting the others means that their builds start anew.',
    'Lists everything first. On a terminal it then asks; elsewhere nothing is deleted without --yes.',
  ],
  forms: ['[WORKSPACE...]'],
  positionals: { minimum: 0, maximum: 100 },
  options: {
    yes: {
      kind: 'flag',
      aliases: ['-y'],
      label: 'Yes',
      description: 'Delete without asking.',
    },
    'dry-run': {
      kind: 'flag',
      label: 'Dry run',
      description: 'List only, and do not ask.',
    },
    cache: {
      kind: 'flag',
      label: 'Cache',
      description: 'All that is kept only to be quicker, not just what is beyond the limit.',
    },
  },
  examples: [
    { command: 'gguf-studio clean', explains: 'What would be deleted; asks before it is' },
    { command: 'gguf-studio clean --yes', explains: 'Delete it' },
  ],
});

export const cleanCommand = defineCommand(descriptor, async ({ options, positionals }, context) => {
  if (options.yes === true && options['dry-run'] === true) {
    throw usageError('--yes and --dry-run contradict each other.', 'Give one of them.');
  }
  const workspaces = await findWorkspaces(positionals, context);
  const { signal } = context;
  const items = await findLeftovers({ workspaces, cache: options.cache ?? false, signal });
  const result = (shown: readonly Leftover[], deleted: boolean) => ({
    deleted,
    items: shown,
    bytes: shown.reduce((sum, { bytes }) => sum + bytes, 0),
    workspaces: workspaces.map(({ folder }) => folder),
  });
  let isMeant = options.yes === true;
  if (!isMeant && options['dry-run'] !== true && items.length > 0) {
    const answer = await askFor(items, context);
    if (answer === false) return { result: result(items, false), text: 'Nothing was deleted.\n' };
    isMeant = answer === true;
  }
  if (!isMeant) return { result: result(items, false), text: renderLeftovers(items, false) };
  const deleted: Leftover[] = [];
  for (const item of items) {
    signal.throwIfAborted();
    if (await removeLeftover(item)) deleted.push(item);
  }
  const text = options.yes === true ? renderLeftovers(deleted, true) : lastLine(deleted, true);
  return { result: result(deleted, true), text };
});

/** Shows what would go and asks; undefined where nobody can answer (and nothing is shown). */
async function askFor(
  items: readonly Leftover[],
  context: CommandContext,
): Promise<boolean | undefined> {
  if (context.ask === undefined) return undefined;
  context.print(renderTableOf(items));
  const total = formatBytes(items.reduce((sum, { bytes }) => sum + bytes, 0));
  return context.ask(`Delete ${countOf(items)}, ${total}?`);
}

/** Named ones, else the one around the current folder and the embedded Seedling. */
async function findWorkspaces(
  positionals: readonly string[],
  context: CommandContext,
): Promise<Workspace[]> {
  if (positionals.length > 0) {
    return Promise.all(positionals.map((folder) => namedWorkspace(context.resolvePath(folder))));
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

async function namedWorkspace(folder: string): Promise<Workspace> {
  return openWorkspace(folder).catch((error: unknown) => {
    if (!(error instanceof StudioError) || error.code !== 'io/not-found') throw error;
    throw new StudioError('io/not-found', `${folder} is no workspace: it has no gguf-studio.json.`, {
      hint: 'Name the folder of a workspace, or none for the one around the current folder.',
    });
  });
} // prettier-ignore

function renderLeftovers(items: readonly Leftover[], deleted: boolean): string {
  if (items.length === 0) return 'Nothing to clean.\n';
  return `${renderTableOf(items)}${lastLine(items, deleted)}`;
}

function renderTableOf(items: readonly Leftover[]): string {
  const rows = items.map((item) => [item.kind, formatBytes(item.bytes), printable(item.path)]);
  const columns = [
    { title: 'kind' },
    { title: 'size', align: 'right' as const },
    { title: 'path' },
  ];
  return renderTable(columns, rows);
}

function lastLine(items: readonly Leftover[], deleted: boolean): string {
  const total = formatBytes(items.reduce((sum, { bytes }) => sum + bytes, 0));
  return deleted
    ? `Deleted ${countOf(items)}, ${total}.\n`
    : `${countOf(items)}, ${total}. Nothing was deleted: add --yes to delete them.\n`;
}

function countOf({ length }: readonly Leftover[]): string {
  return `${length} ${length === 1 ? 'item' : 'items'}`;
}

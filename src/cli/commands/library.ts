// `library`: what lies in folders of models, as a table.
import { homedir } from 'node:os';
import { libraryKinds, type LibraryItem } from '#src/contract/library.ts';
import { findKnownModelFolders } from '#src/io/known-model-folders.ts';
import { ensureSeedlingWorkspace } from '#src/io/seedling-workspace.ts';
import { findWorkspace } from '#src/io/workspace.ts';
import { libraryDescriptor } from '#src/stages/library/descriptor.ts';
import { totalMemory } from '#src/stages/library/memory-estimate.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { defineCommand } from '../command.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../render-table.ts';
import type { Style } from '../terminal.ts';

export const libraryCommand = defineCommand(
  libraryDescriptor,
  async ({ options, positionals }, context) => {
    const folders =
      positionals.length > 0
        ? positionals.map((folder) => context.resolvePath(folder))
        : await usualFolders(context.resolvePath('.'));
    const items: LibraryItem[] = [];
    const onItem = (item: LibraryItem) => items.push(item);
    const { notRead } = await context.factory(
      'scanModels',
      { folders, depth: options.depth },
      { onItem },
    );
    const words = (options.search ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const shown = items
      .filter((item) => options.kind === undefined || item.kind === options.kind)
      .filter((item) => words.every((word) => searchText(item).includes(word)))
      .sort(byKindAndName);
    return {
      result: { folders, items: shown, found: items.length, notRead },
      text: renderLibrary(shown, { all: items.length, folders, notRead }, context.style),
    };
  },
);

async function usualFolders(from: string): Promise<string[]> {
  const workspace = (await findWorkspace(from)) ?? (await ensureSeedlingWorkspace());
  const known = await findKnownModelFolders(process.env, homedir());
  return [workspace.folder, ...known.map(({ path }) => path)];
}

function searchText(item: LibraryItem): string {
  const { name, path, kind, architecture, type, domain, subdomain } = item;
  return [name, path, kind, architecture, type, domain, subdomain].join(' ').toLowerCase();
}

function byKindAndName(left: LibraryItem, right: LibraryItem): number {
  const kinds = libraryKinds.indexOf(left.kind) - libraryKinds.indexOf(right.kind);
  return kinds || left.name.localeCompare(right.name, 'en') || (left.path < right.path ? -1 : 1);
}

interface ScanSummary {
  readonly all: number;
  readonly folders: readonly string[];
  readonly notRead: readonly string[];
}

function renderLibrary(items: readonly LibraryItem[], scan: ScanSummary, style: Style): string {
  const columns = [
    { title: 'kind' },
    { title: 'name' },
    { title: 'architecture' },
    { title: 'weights', align: 'right' as const },
    { title: 'type' },
    { title: 'size', align: 'right' as const },
    { title: 'window', align: 'right' as const },
    { title: 'memory', align: 'right' as const },
    { title: 'domain' },
  ];
  const rows = items.map((item) => [
    item.kind,
    printable(item.name),
    printable(item.architecture ?? ''),
    item.parameters === undefined ? '' : shortCount(item.parameters),
    item.type ?? '',
    formatBytes(item.bytes),
    item.contextLength === undefined ? '' : formatCount(item.contextWindow ?? item.contextLength),
    item.memory === undefined ? '' : formatBytes(totalMemory(item.memory)),
    printable([item.domain, item.subdomain].filter((part) => part !== undefined).join('/')),
  ]);
  const problems = items.flatMap(({ problem }) =>
    problem === undefined
      ? []
      : [
          `${style.red('Problem:')} ${printable([problem.message, problem.hint].join(' ').trim())}\n`,
        ],
  );
  const notRead = scan.notRead.map(
    (message) => `${style.yellow('Not read:')} ${printable(message)}\n`,
  );
  const count =
    items.length === scan.all ? `${scan.all} found` : `${items.length} of ${scan.all} found`;
  const where = scan.folders.map(printable).join(', ');
  const table = items.length === 0 ? '' : `${renderTable(columns, rows)}\n`;
  return [table, ...problems, ...notRead, `${style.bold(count)} in ${where}\n`].join('');
}

/** `4.2 M`, `7.6 B`. */
function shortCount(count: number): string {
  const units = [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const;
  const unit = units.find(([size]) => count >= size);
  return unit === undefined ? String(count) : `${(count / unit[0]).toFixed(1)} ${unit[1]}`;
}

// `package`: a folder of everything, or a bundled parent with more or fewer adapters.
import { basename, join } from 'node:path';
import type { CompanionSource } from '#src/contract/packaging.ts';
import { companionRoles } from '#src/contract/routing/manifest.ts';
import { runWithEvents } from '#src/contract/run-with-events.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { addToBundle, fittingAdapters } from '#src/packaging/add-adapters.ts';
import { rewriteBundle, type RewrittenBundle } from '#src/packaging/bundle/rewrite-bundle.ts';
import { openParent } from '#src/packaging/bundle/open-parent.ts';
import { parentFacts } from '#src/packaging/parent-facts.ts';
import { runFileName } from '#src/io/run-store.ts';
import { packageDescriptor } from '#src/stages/package/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { formatBytes, formatCount, formatDuration } from '#src/text/format-number.ts';
import { defineCommand, type CommandContext, type CommandOutcome } from '../command.ts';
import { nearestName } from '../nearest-name.ts';
import { runPathOf } from '../open-run.ts';
import { printable } from '../printable.ts';
import { recordPackaging } from '../record-command.ts';
import { renderTable } from '../render-table.ts';
import { usageError } from '../usage-error.ts';

type Options = OptionValues<typeof packageDescriptor.options>;

export const packageCommand = defineCommand(
  packageDescriptor,
  async ({ options, positionals }, context) => {
    const [first = '', ...others] = positionals;
    if (first === 'add') return addAdapters(others, options, context);
    if (first === 'remove') return removeAdapters(others, options, context);
    if (others.length === 0) {
      throw usageError(
        'package needs what to package.',
        'Write: gguf-studio package FOLDER PARENT.gguf..., or give a router.json or a recipe.',
      );
    }
    if (options.output !== undefined || options.adapter.length > 0) {
      throw usageError('--output and --adapter belong to package add and package remove.', 'The first argument is the folder.'); // prettier-ignore
    }
    const packaged = await recordPackaging(context, {
      folder: context.resolvePath(first),
      from: others.map((path) => context.resolvePath(path)),
      adapters: adaptersOf(options),
      companions: options.companion.map((text) => companionOf(text, context)),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.domain === undefined ? {} : { domain: options.domain }),
      ...(options.run === undefined ? {} : { run: join(await runPathOf(options.run, context), runFileName) }), // prettier-ignore
      overwrite: options.overwrite ?? false,
      validate: options.validate,
    });
    const rows = packaged.files.map(({ path, bytes, reused }) => [
      printable(path),
      formatCount(bytes),
      formatBytes(bytes),
      reused ? 'current' : '',
    ]);
    const columns = [
      { title: 'file' },
      { title: 'bytes', align: 'right' as const },
      { title: 'size', align: 'right' as const },
      { title: '' },
    ];
    const text = `${renderTable(columns, rows)}${printable(packaged.name)}: ${formatBytes(packaged.bytes)}, ${formatDuration(packaged.seconds)}\n`;
    return { result: packaged, text };
  },
);

function adaptersOf(options: Options) {
  return [
    ...options.lora.map((path) => ({ path, scale: 1 })),
    ...options['lora-scaled'].map(({ path, scale }) => ({ path, scale })),
  ];
}

function companionOf(text: string, context: CommandContext): CompanionSource {
  const [, name = '', path = ''] = /^([^=]*)=(.+)$/.exec(text) ?? [];
  const role = companionRoles.find((known) => known === name);
  if (role === undefined || path === '') {
    const nearest = nearestName(name, companionRoles);
    throw usageError(
      `--companion got "${text}".`,
      nearest === undefined || path === ''
        ? `Write ROLE=FILE; roles are ${companionRoles.join(', ')}.`
        : `Did you mean ${nearest}=${path}?`,
    );
  }
  return { role, path: context.resolvePath(path) };
}

async function addAdapters(
  [given, ...extra]: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { parent, output } = places('add', given, extra, options, context);
  const adapters = adaptersOf(options);
  if (adapters.length === 0)
    throw usageError('package add needs an adapter.', 'Add --lora ADAPTER.');
  const { refused } = await fittingAdapters(parent, adapters);
  const [wrong] = refused;
  if (wrong !== undefined) throw wrong.reason;
  const opened = await openParent(parent);
  const domain = options.domain ?? parentFacts(opened).domain ?? 'general';
  await opened.close();
  const ports = {
    convertLora: (params: Parameters<Parameters<typeof addToBundle>[3]['convertLora']>[0]) =>
      context.factory('convertLora', params),
  };
  return shown(context, (emit, signal) =>
    addToBundle(parent, output, adapters, ports, {
      domain,
      overwrite: options.overwrite ?? false,
      validate: options.validate,
      emit,
      signal,
    }),
  );
}

async function removeAdapters(
  [given, ...extra]: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { parent, output } = places('remove', given, extra, options, context);
  const remove = options.adapter;
  if (remove.length === 0)
    throw usageError('package remove needs an adapter.', 'Add --adapter NAME.');
  const overwrite = options.overwrite ?? false;
  return shown(context, (emit, signal) =>
    rewriteBundle(parent, output, { remove }, { overwrite, emit, signal }),
  );
}

async function shown(
  context: CommandContext,
  work: Parameters<typeof runWithEvents<RewrittenBundle>>[0],
): Promise<CommandOutcome> {
  const run = runWithEvents(work, context.signal);
  const result = await runToEnd(run, (event) => context.show(event));
  const carries = result.adapters.length === 0 ? 'no adapters' : result.adapters.join(', ');
  const text = `${printable(result.path)}: ${formatBytes(result.bytes)}, ${printable(carries)}\n`;
  return { result, text };
}

function places(
  action: string,
  given: string | undefined,
  extra: readonly string[],
  { output }: Options,
  context: CommandContext,
): { readonly parent: string; readonly output: string } {
  const form = `Write: gguf-studio package ${action} PARENT.gguf ... -o OUT.gguf.`;
  if (given === undefined) throw usageError(`package ${action} needs a parent.`, form);
  if (extra[0] !== undefined) throw usageError(`"${extra[0]}" is one argument too many.`, form);
  if (output === undefined) throw usageError(`package ${action} needs an output: ${basename(given)} is not changed.`, form); // prettier-ignore
  return { parent: context.resolvePath(given), output };
}

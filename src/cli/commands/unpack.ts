// `unpack`: the adapters of a bundled parent as files.
import { runWithEvents } from '#src/contract/run-with-events.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { unpackBundle } from '#src/packaging/bundle/unpack-bundle.ts';
import { unpackDescriptor } from '#src/stages/package/descriptor.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { defineCommand } from '../command.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../render-table.ts';

export const unpackCommand = defineCommand(
  unpackDescriptor,
  async ({ options, positionals: [path = ''] }, context) => {
    const request = {
      path: context.resolvePath(path),
      adapters: options.adapter,
      base: options.base ?? false,
      folder: options.output ?? context.resolvePath('.'),
      overwrite: options.overwrite ?? false,
    };
    const run = runWithEvents(
      (emit, signal) => unpackBundle(request, { emit, signal }),
      context.signal,
    );
    const unpacked = await runToEnd(run, (event) => context.show(event));
    const rows = [
      ...unpacked.adapters.map(({ domain, name, scale, bytes, path: file, reused }) => [
        printable(`${domain}/${name}`),
        scale.toString(),
        formatCount(bytes),
        formatBytes(bytes),
        printable(file),
        reused ? 'current' : '',
      ]),
      ...(unpacked.base === undefined
        ? []
        : [['(base)', '', formatCount(unpacked.base.bytes), formatBytes(unpacked.base.bytes), printable(unpacked.base.path), '']]), // prettier-ignore
    ];
    const columns = [
      { title: 'adapter' },
      { title: 'scale', align: 'right' as const },
      { title: 'bytes', align: 'right' as const },
      { title: 'size', align: 'right' as const },
      { title: 'file' },
      { title: '' },
    ];
    return { result: unpacked, text: renderTable(columns, rows) };
  },
);

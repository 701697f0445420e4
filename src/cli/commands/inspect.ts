// `inspect`: facts first, lists when asked for.
import type { Inspection } from '#src/contract/inspection.ts';
import { inspectDescriptor } from '#src/stages/inspect/descriptor.ts';
import { defineCommand } from '../command.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { printable } from '../printable.ts';
import { renderFacts, renderTable } from '../render-table.ts';
import type { Style } from '../terminal.ts';

export const inspectCommand = defineCommand(
  inspectDescriptor,
  async ({ options, positionals: [target = ''] }, context) => {
    const inspection = await context.factory('inspect', { path: context.resolvePath(target) });
    return {
      result: inspection,
      text: renderInspection(inspection, context.style, {
        tensors: options.tensors === true,
        template: options.template === true,
      }),
    };
  },
);

const kindNames: Record<Inspection['kind'], string> = {
  'gguf-model': 'GGUF model',
  'gguf-adapter': 'GGUF LoRA adapter',
  'gguf-imatrix': 'importance matrix',
  'gguf-other': 'GGUF file',
  'legacy-imatrix': 'importance matrix',
  safetensors: 'safetensors file',
  pytorch: 'PyTorch checkpoint',
  'huggingface-folder': 'Hugging Face folder',
  'peft-folder': 'PEFT adapter',
};

function renderInspection(
  inspection: Inspection,
  style: Style,
  show: { tensors: boolean; template: boolean },
): string {
  const { path, kind, bytes, facts, types, metadata, tensors, adapters, chatTemplate } = inspection;
  const sections = [
    `${style.bold(path)}\n`,
    renderFacts([
      ['Kind', kindNames[kind]],
      ['Size', `${formatBytes(bytes)} (${formatCount(bytes)} bytes)`],
      ...facts.map(({ name, value }) => [name, printable(value)] as const),
      ['Chat template', chatTemplate === undefined ? 'none' : `${chatTemplate.length} characters`],
    ]),
  ];
  if (types.length > 0) {
    const rows = types.map((total) => [
      `  ${total.type}`,
      formatCount(total.tensors),
      formatCount(total.weights),
      formatBytes(total.bytes),
    ]);
    const columns = [
      { title: '  type' },
      { title: 'tensors', align: 'right' as const },
      { title: 'weights', align: 'right' as const },
      { title: 'size', align: 'right' as const },
    ];
    sections.push(`${style.bold('Tensors')}\n${renderTable(columns, rows)}`);
  }
  if (adapters.length > 0) {
    const rows = adapters.map((adapter) => [
      `  ${printable(adapter.name)}`,
      printable(adapter.domain),
      String(adapter.scale),
      formatBytes(adapter.bytes),
    ]);
    const columns = [
      { title: '  name' },
      { title: 'domain' },
      { title: 'scale', align: 'right' as const },
      { title: 'size', align: 'right' as const },
    ];
    sections.push(`${style.bold('Bundled adapters')}\n${renderTable(columns, rows)}`);
  }
  if (metadata.length > 0) {
    const rows = metadata.map((entry) => [
      `  ${printable(entry.key)}`,
      style.dim(entry.type),
      `${printable(entry.value)}${entry.type.startsWith('array') ? ` (${formatCount(entry.length ?? 0)})` : ''}`,
    ]);
    const columns = [{ title: '  key' }, { title: 'type' }, { title: 'value' }];
    sections.push(`${style.bold('Metadata')}\n${renderTable(columns, rows)}`);
  }
  if (show.tensors) {
    const rows = tensors.map((tensor) => [
      `  ${printable(tensor.name)}`,
      `[${tensor.shape.join(', ')}]`,
      tensor.type,
      formatCount(tensor.bytes),
    ]);
    const columns = [
      { title: '  name' },
      { title: 'shape' },
      { title: 'type' },
      { title: 'bytes', align: 'right' as const },
    ];
    sections.push(`${style.bold('All tensors')}\n${renderTable(columns, rows)}`);
  }
  if (show.template && chatTemplate !== undefined) {
    sections.push(`${style.bold('Chat template')}\n${printable(chatTemplate)}\n`);
  }
  for (const problem of inspection.problems) {
    const hint = problem.hint === undefined ? '' : `\n  ${problem.hint}`;
    sections.push(`${style.red('Problem:')} ${printable(problem.message)}${hint}\n`);
  }
  for (const notice of inspection.notices)
    sections.push(`${style.yellow('Note:')} ${printable(notice)}\n`);
  return sections.join('\n');
}

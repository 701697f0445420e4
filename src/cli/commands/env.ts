// `env`: what this machine has.
import { describeCommand } from '#src/stages/stage-descriptor.ts';
import type { Machine } from '#src/contract/machine.ts';
import { defineCommand } from '../command.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { renderFacts } from '../render-table.ts';
import { studioVersion } from '../version.ts';

const descriptor = describeCommand({
  name: 'env',
  title: 'Environment',
  summary: 'Show what this machine has: cores, memory, GPU back ends, llama.cpp release',
  description: [],
  forms: [''],
  positionals: { minimum: 0, maximum: 0 },
  options: {},
  examples: [
    { command: 'gguf-studio env', explains: 'What to put into a bug report' },
    { command: 'gguf-studio env --json', explains: 'The same for programs' },
  ],
});

export const envCommand = defineCommand(descriptor, async (_, context) => {
  const machine = await context.factory('describeMachine', {});
  return {
    result: { studioVersion, ...machine },
    text: renderMachine(machine),
  };
});

/** What encodes and decodes tensors, and where it is not the kernels, why. */
export function kernelFacts(kernels: Machine['kernels']): [string, string][] {
  if (kernels.length === 0) {
    return [['Kernels', 'libggml: no WebAssembly SIMD in this Node']];
  }
  const own = kernels.filter(({ kernel }) => kernel === 'wasm').map(({ type }) => type);
  const faster = (work: 'encode' | 'decode') =>
    kernels.flatMap(({ type, faster: left }) => (left?.includes(work) === true ? [type] : []));
  const left = [
    ['encoding without importance weights', faster('encode')] as const,
    ['decoding', faster('decode')] as const,
  ].filter(([, types]) => types.length > 0);
  const reasons = new Map<string, string[]>();
  for (const { type, reason } of kernels) {
    if (reason !== undefined) reasons.set(reason, [...(reasons.get(reason) ?? []), type]);
  }
  return [
    ...(own.length === 0
      ? []
      : [['Kernels', `WebAssembly for ${own.join(', ')}`] as [string, string]]),
    ...left.map(([work, types]): [string, string] => [
      'Kernels',
      `libggml for ${work} of ${types.join(', ')}: its own loop is faster`,
    ]),
    ...[...reasons].map(([reason, types]): [string, string] => [
      'Kernels',
      `libggml for ${types.join(', ')}: ${reason}`,
    ]),
  ];
}

function renderMachine(machine: Machine): string {
  const facts: [string, string][] = [
    ['GGUF Studio', studioVersion],
    ['Node', machine.nodeVersion],
    ['System', `${machine.platform} ${machine.architecture}`],
    ['Processor', `${machine.processor}, ${machine.cores} cores`],
    [
      'Memory',
      `${formatBytes(machine.memoryBytes)}, ${formatBytes(machine.freeMemoryBytes)} available`,
    ],
  ];
  if ('unavailable' in machine.llama) {
    facts.push(['llama.cpp', `not usable: ${machine.llama.unavailable}`]);
    return renderFacts(facts);
  }
  const { release, folder, features, devices } = machine.llama;
  facts.push(['llama.cpp', `v${release} (${folder})`], ['Features', features]);
  facts.push(...kernelFacts(machine.kernels));
  for (const device of devices) {
    const memory =
      device.totalBytes > 0
        ? `, ${formatBytes(device.freeBytes)} of ${formatBytes(device.totalBytes)} free`
        : '';
    facts.push([
      device.kind === 'cpu' ? 'Device' : 'GPU',
      `${device.name}: ${device.description}${memory}`,
    ]);
  }
  if (devices.every((device) => device.kind === 'cpu')) {
    facts.push(['GPU', 'none found: everything runs on the processor']);
  }
  return renderFacts(facts);
}

import { expect, it } from 'vitest';
import { gpuText, memoryText } from '#renderer/shell/status-text.ts';

const meter = { memoryBytes: 24e9, freeMemoryBytes: 17.9e9, gpus: [] };

it('memory is what is used of what there is', () => {
  expect(memoryText(meter)).toBe('6.10 / 24.0 GB');
  expect(memoryText({ ...meter, freeMemoryBytes: 23.5e9 })).toBe('500 MB / 24.0 GB');
});

it('a machine without a GPU says so', () => {
  expect(gpuText(meter)).toBe('none, CPU');
  const gpus = [{ name: 'Vulkan0', freeBytes: 2.2e9, totalBytes: 12e9 }];
  expect(gpuText({ ...meter, gpus })).toBe('Vulkan0 · 9.80 / 12.0 GB');
  expect(gpuText({ ...meter, gpus, gpu: false })).toBe('none, CPU');
});

import { expect, it } from 'vitest';
import { refusalOf } from '#renderer/features/library/dropped-files.ts';

const dropped = (name: string, size = 1000) => ({
  name,
  file: { size, slice: () => new Blob() },
});

it('adapters, texts and recipes are taken', () => {
  for (const name of [
    'my-adapter/adapter_config.json',
    'my-adapter/adapter_model.safetensors',
    'adapter.gguf',
    'calibration.txt',
    'healthcare.recipe.json',
  ]) {
    expect(refusalOf(dropped(name))).toBeUndefined();
  }
});

it('a model is refused with the way on', () => {
  expect(refusalOf(dropped('llama/model-00001-of-00002.safetensors', 5e9))?.hint).toContain(
    'Add a model folder',
  );
  expect(refusalOf(dropped('llama.gguf', 4.92e9))?.message).toContain('4.92 GB');
});

it('what is none of these is refused by name', () => {
  expect(refusalOf(dropped('photo.png'))?.message).toContain('photo.png');
});

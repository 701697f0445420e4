import { describe, expect, it } from 'vitest';
import { nodeOptionOf, nodeOptions } from '#src/recipe/node-options.ts';
import { mergeDescriptor } from '#src/stages/merge/descriptor.ts';
import { recipeNodeSchema } from '#src/recipe/recipe-schema.ts';

describe('the options of a node', () => {
  it('have a label and a description for every field of every kind', () => {
    for (const { shape } of recipeNodeSchema.options) {
      for (const option of nodeOptions(shape.kind.value)) {
        expect(option.label, `${shape.kind.value}.${option.field}`).not.toBe(option.field);
        if (option.field === 'domain' && shape.kind.value === 'adapter') continue;
        expect(option.description, `${shape.kind.value}.${option.field}`).not.toBe('');
      }
    }
  });

  it('are those of the command line', () => {
    expect(nodeOptionOf('merge', 'method')).toEqual({
      field: 'method',
      kind: 'choice',
      label: mergeDescriptor.options.method.label,
      description: mergeDescriptor.options.method.description,
      choices: ['sum', 'ties', 'dare'],
      default: 'sum',
      optional: true,
    });
    expect(nodeOptionOf('merge', 'density')).toMatchObject({ minimum: 0, maximum: 1 });
  });

  it('take choices that only the schema knows from there', () => {
    expect(nodeOptionOf('quantize', 'outputTensorType')?.choices).toContain('Q6_K');
    expect(nodeOptionOf('quantize', 'levels')?.choices).toContain('as-is');
    expect(nodeOptionOf('package', 'form')?.choices).toEqual(['bundled', 'merged']);
  });
});

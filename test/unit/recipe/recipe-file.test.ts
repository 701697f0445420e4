import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  decodeRecipe,
  editRecipe,
  encodeRecipe,
  newRecipeDocument,
  parseRecipe,
} from '#src/recipe/recipe-file.ts';
import { bundledRecipe, documentOf } from '#test/helpers/build-recipe.ts';

const handWritten = `\uFEFF{
\t// the smallest useful recipe
\t"version": 1, "nodes": [
\t\t{ "kind": "base",   "id": "base", "path": "models/tiny", "position": {"x": 1e1, "y": -0.50} },
\t\t{ "id": "q", "kind": "quantize", "levels": [ "Q4_K_M" ], /* folder below */ "folder": "out" }
\t],\r
\t"edges": [ { "from": "base", "to": "q" } ]
}


`;

function failure(run: () => unknown): StudioError {
  try {
    run();
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a recipe file', () => {
  it('keeps its bytes when it is loaded and saved without edits', () => {
    const bytes = new TextEncoder().encode(handWritten);
    const document = decodeRecipe(bytes, 'hand.recipe.json');
    expect(encodeRecipe(document)).toEqual(bytes);
    expect(encodeRecipe(editRecipe(document, []))).toEqual(bytes);
    expect(document.recipe.nodes).toHaveLength(2);
  });

  it('changes only what an edit names', () => {
    const document = parseRecipe(handWritten, 'hand.recipe.json');
    const moved = editRecipe(document, [{ path: ['nodes', 0, 'position', 'x'], value: 42 }]);
    expect(moved.text).toBe(handWritten.replace('1e1', '42'));
    const level = editRecipe(moved, [{ path: ['nodes', 1, 'levels', 0], value: 'Q8_0' }]);
    expect(level.text).toBe(handWritten.replace('1e1', '42').replace('Q4_K_M', 'Q8_0'));
  });

  it('keeps every line that an edit does not touch, whatever is edited', () => {
    const text = newRecipeDocument(bundledRecipe(), 'r').text;
    const document = parseRecipe(text, 'r');
    const nodeCount = document.recipe.nodes.length;
    fc.assert(
      fc.property(fc.nat(nodeCount - 1), fc.string({ maxLength: 40 }), (index, label) => {
        const edited = editRecipe(document, [{ path: ['nodes', index, 'label'], value: label }]);
        expect(edited.recipe.nodes[index]?.label).toBe(label);
        const removed = editRecipe(edited, [{ path: ['nodes', index, 'label'], value: undefined }]);
        expect(removed.recipe).toEqual(document.recipe);
        const lines = new Set(edited.text.split('\n').map((line) => line.replace(/,$/, '')));
        const lost = text.split('\n').filter((line) => !lines.has(line.replace(/,$/, '')));
        expect(lost).toEqual([]);
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('appends a node and its wire in the style of the file', () => {
    const document = newRecipeDocument(bundledRecipe(), 'r');
    const edited = editRecipe(document, [
      { path: ['nodes', -1], value: { id: 'im', kind: 'imatrix', path: 'im.gguf' }, insert: true },
      { path: ['edges', -1], value: { from: 'im', to: 'quantize' }, insert: true },
    ]);
    expect(edited.recipe.nodes.at(-1)).toMatchObject({ id: 'im' });
    expect(edited.recipe.edges.at(-1)).toEqual({ from: 'im', to: 'quantize' });
    expect(edited.text.startsWith(document.text.slice(0, 300))).toBe(true);
  });

  it('keeps the line ends of a file from Windows', () => {
    const text = newRecipeDocument(bundledRecipe(), 'r').text.replaceAll('\n', '\r\n');
    const edited = editRecipe(parseRecipe(text, 'r'), [{ path: ['name'], value: 'x' }]);
    expect(edited.text).not.toMatch(/[^\r]\n/);
  });
});

describe('a recipe that cannot be read', () => {
  it('is named with line and column for a syntax error', () => {
    const error = failure(() =>
      parseRecipe('{\n  "version": 1,\n  "nodes": [,]\n}', 'bad.recipe.json'),
    );
    expect(error.code).toBe('recipe/invalid');
    expect(error.message).toMatch(
      /bad\.recipe\.json is not valid JSON: value expected at line 3, column 13/,
    );
  });

  it.each([
    [
      'a wrong level',
      { levels: ['q4_k_m'] },
      /nodes\[0\]\.levels\[0\] \(line \d+, column \d+\): "q4_k_m" is not known here/,
      /Did you mean "Q4_K_M"\?/,
    ],
    [
      'an unknown field',
      { levels: ['Q8_0'], level: 'Q8_0' },
      /nodes\[0\] \(line 4, column 5\): "level" is not a field here/,
      /schemas/,
    ],
    [
      'a missing field',
      {},
      /nodes\[0\]\.levels \(line 4, column 5\): a value is missing; expected array/,
      /Correct the file/,
    ],
    ['an empty list', { levels: [] }, /expected at least 1 entries/, /Correct/],
    ['a wrong type', { levels: 'Q8_0' }, /"Q8_0" is not of type array/, /Correct/],
    [
      'a file name with a folder',
      { levels: ['Q8_0'], fileName: '../x.gguf' },
      /fileName .*a file name ending in \.gguf, without a folder/,
      /Correct/,
    ],
    [
      'a path with a line break',
      { levels: ['Q8_0'], folder: 'a\nb' },
      /no control characters/,
      /Correct/,
    ],
  ])('is explained for %s', (_what, fields, message, hint) => {
    const recipe = { version: 1, nodes: [{ id: 'q', kind: 'quantize', ...fields }], edges: [] };
    const error = failure(() => documentOf(recipe));
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it('names a kind that does not exist and the one that was probably meant', () => {
    const error = failure(() =>
      documentOf({ version: 1, nodes: [{ id: 'q', kind: 'quantise' }], edges: [] }),
    );
    expect(error.message).toContain('nodes[0].kind');
    expect(error.hint).toBe('Did you mean "quantize"?');
  });

  it('lists all problems for machines', () => {
    const nodes = [
      { id: '', kind: 'base', path: '' },
      { id: 'q', kind: 'quantize', levels: ['x'] },
    ];
    const { details } = failure(() => documentOf({ version: 1, nodes, edges: [] }));
    expect((details.problems as { at: string }[]).map(({ at }) => at)).toEqual([
      'nodes[0].id',
      'nodes[0].path',
      'nodes[1].levels[0]',
    ]);
  });

  it('is refused when a key is given twice or would replace a prototype', () => {
    expect(failure(() => parseRecipe('{"version":1,"version":1}', 'r')).message).toContain(
      'given twice',
    );
    expect(failure(() => parseRecipe('{"__proto__":{"polluted":1}}', 'r')).message).toContain(
      'not allowed',
    );
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('is refused when it nests too deeply, without exhausting the stack', () => {
    expect(failure(() => parseRecipe('['.repeat(1_000_000), 'r')).message).toContain(
      'nests deeper than 64',
    );
  });

  it('is refused when it is not UTF-8, not JSON at all, or from a newer release', () => {
    expect(failure(() => decodeRecipe(Uint8Array.of(0xff, 0xfe, 0x7b), 'r')).message).toContain(
      'not UTF-8',
    );
    expect(failure(() => parseRecipe('', 'r')).code).toBe('recipe/invalid');
    expect(failure(() => parseRecipe('[]', 'r')).message).toContain('no recipe version');
    const newer = failure(() => parseRecipe('{"version": 2, "nodes": [], "edges": []}', 'r'));
    expect(newer.message).toContain('version 2; this release reads 1');
    expect(newer.hint).toContain('newer');
  });
});

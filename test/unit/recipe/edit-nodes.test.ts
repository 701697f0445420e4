import { describe, expect, it } from 'vitest';
import {
  addNodes,
  connectNodes,
  copyNodes,
  fragmentText,
  parseFragment,
  pasteNodes,
  placeNodes,
  removeEdges,
  removeNodes,
  setNodeFields,
  whyNotConnect,
} from '#src/recipe/edit-nodes.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';

const text = `{
\t"version": 1, // the first
\t"nodes": [
\t\t{ "id": "base", "kind": "base", "path": "seedling-4m" },
\t\t{ "id": "conditions", "kind": "adapter", "path": "adapters/conditions", "scale": 1.00 },
\t\t/* strong */
\t\t{ "id": "merge", "kind": "merge", "method": "sum", "position": { "x": 10, "y": 20 } },
\t\t{
\t\t\t"id": "quantize",
\t\t\t"kind": "quantize",
\t\t\t"levels": ["Q8_0"]
\t\t}
\t],
\t"edges": [
\t\t{ "from": "base", "to": "merge" },
\t\t{ "from": "conditions", "to": "merge" },
\t\t{ "from": "merge", "to": "quantize" }
\t]
}
`.replaceAll('\n', '\r\n');
const document = parseRecipe(text, 'test');
const at = () => ({ x: 0, y: 0 });

describe('editing the nodes of a recipe', () => {
  it('writes a position beside the other fields and keeps every other byte', () => {
    const moved = placeNodes(
      document,
      new Map([
        ['merge', { x: 64.4, y: 20 }],
        ['quantize', { x: 1, y: 2 }],
      ]),
    );
    expect(moved.text).toBe(
      text
        .replace('{ "x": 10, "y": 20 }', '{ "x": 64, "y": 20 }')
        .replace('["Q8_0"]\r\n', '["Q8_0"],\r\n\t\t\t"position": { "x": 1, "y": 2 }\r\n'),
    );
    expect(moved).toEqual(parseRecipe(moved.text, document.label));
  });

  it('writes positions into a text that begins with a byte order mark', () => {
    const marked = parseRecipe(`\uFEFF${text}`, 'marked');
    const moved = placeNodes(marked, new Map([['merge', { x: 64, y: 20 }]]));
    expect(moved.text).toBe(
      `\uFEFF${text.replace('{ "x": 10, "y": 20 }', '{ "x": 64, "y": 20 }')}`,
    );
  });

  it('leaves the text alone when a node is dropped where it was', () => {
    expect(placeNodes(document, new Map([['merge', { x: 10, y: 20 }]]))).toBe(document);
  });

  it('removes nodes with their wires, first, middle and last', () => {
    const removed = removeNodes(document, new Set(['base', 'conditions', 'quantize']));
    expect(removed.recipe.nodes.map(({ id }) => id)).toEqual(['merge']);
    expect(removed.recipe.edges).toEqual([]);
    expect(removed.text).toContain(
      '{ "id": "merge", "kind": "merge", "method": "sum", "position": { "x": 10, "y": 20 } }',
    );
    expect(removed.text).toContain('// the first');
  });

  it('adds to an emptied recipe in the indentation of the text', () => {
    const empty = removeNodes(document, new Set(document.recipe.nodes.map(({ id }) => id)));
    const added = addNodes(empty, {
      nodes: [{ id: 'base', kind: 'base', path: 'x' }],
      edges: [],
    });
    expect(added.text).toContain('"nodes": [\r\n\t\t{\r\n\t\t\t"id": "base",\r\n');
    expect(added.text).toContain('"edges": []');
  });

  it('replaces the wire at an input that takes only one', () => {
    const two = addNodes(document, {
      nodes: [{ id: 'other', kind: 'base', path: 'y' }],
      edges: [],
    });
    const wired = connectNodes(two, 'other', 'merge');
    expect(wired.recipe.edges).toEqual([
      { from: 'conditions', to: 'merge' },
      { from: 'merge', to: 'quantize' },
      { from: 'other', to: 'merge' },
    ]);
  });

  it('says why a wire cannot be drawn', () => {
    const { nodes, edges } = document.recipe;
    expect(whyNotConnect(nodes, edges, 'conditions', 'quantize')).toContain(
      'merge it into its base',
    );
    expect(whyNotConnect(nodes, edges, 'merge', 'quantize')).toBe('These two are wired already.');
    expect(whyNotConnect(nodes, edges, 'merge', 'merge')).toContain('itself');
    expect(whyNotConnect(nodes, edges, 'base', 'quantize')).toBeUndefined();
  });

  it('takes a wire out', () => {
    const cut = removeEdges(document, [{ from: 'conditions', to: 'merge' }]);
    expect(cut.recipe.edges).toHaveLength(2);
    expect(connectNodes(cut, 'conditions', 'merge').recipe.edges).toHaveLength(3);
  });

  it('sets a field and takes it back', () => {
    const set = setNodeFields(document, 'quantize', { pure: true });
    expect(set.recipe.nodes[3]).toMatchObject({ pure: true });
    expect(setNodeFields(set, 'quantize', { pure: undefined }).text).toBe(text);
  });

  it('pastes a selection with its wires under fresh ids, through text', () => {
    const copied = copyNodes(document, new Set(['base', 'conditions', 'merge']));
    const pasted = pasteNodes(document, parseFragment(fragmentText(copied)), { x: 32, y: 32 }, at);
    expect(pasted.ids).toEqual(['base-2', 'conditions-2', 'merge-2']);
    expect(pasted.document.recipe.edges.slice(3)).toEqual([
      { from: 'base-2', to: 'merge-2' },
      { from: 'conditions-2', to: 'merge-2' },
    ]);
    expect(pasted.document.recipe.nodes[6]).toMatchObject({ position: { x: 42, y: 52 } });
  });

  it('pastes a whole recipe, and refuses other text', () => {
    expect(parseFragment(text).nodes).toHaveLength(4);
    expect(() => parseFragment('hello')).toThrow(/not valid JSON/);
    expect(() =>
      parseFragment('{"gguf-studio":"nodes","nodes":[{"id":"a"}],"edges":[]}'),
    ).toThrow();
  });
});

import { describe, expect, it } from 'vitest';
import {
  isDirty,
  openDocument,
  placeOf,
  problemsByNode,
  redone,
  undone,
  withText,
} from '#renderer/features/canvas/canvas-document.ts';
import { setNodeFields } from '#src/recipe/edit-nodes.ts';
import { bundledRecipe } from '#test/helpers/build-recipe.ts';

const text = `${JSON.stringify(bundledRecipe(), null, 2)}\n`;
const opened = () => openDocument({ key: 'k', title: 'test', text, savedText: text });

function recipeOf(document: ReturnType<typeof opened>) {
  if (document.content.state !== 'recipe') throw new Error('The recipe is broken.');
  return document.content;
}

describe('an open recipe', () => {
  it('is not dirty until its text changes, and is laid out without being written', () => {
    const document = opened();
    expect(isDirty(document)).toBe(false);
    expect(document.layout.size).toBe(6);
    expect(document.text).toBe(text);
    expect(isDirty(withText(document, `${text} `, { step: 'Blank' }))).toBe(true);
  });

  it('goes back and forth step by step', () => {
    const one = withText(opened(), `${text} `, { step: 'One' });
    const two = withText(one, `${text}  `, { step: 'Two' });
    expect(undone(two).text).toBe(`${text} `);
    expect(undone(undone(two)).text).toBe(text);
    expect(undone(undone(undone(two))).text).toBe(text);
    expect(redone(undone(two)).text).toBe(`${text}  `);
    expect(undone(two).future.at(-1)?.step).toBe('Two');
  });

  it('forgets what was undone when something else is done', () => {
    const document = withText(undone(withText(opened(), 'a', { step: 'A' })), 'b', { step: 'B' });
    expect(redone(document)).toBe(document);
  });

  it('joins edits of one field that follow each other closely', () => {
    const typed = ['a', 'ab', 'abc'].reduce(
      (document, letters, index) =>
        withText(document, `${text}${letters}`, {
          step: 'Type',
          joins: 'x',
          now: 1000 + index * 300,
        }),
      opened(),
    );
    expect(typed.past).toHaveLength(1);
    const later = withText(typed, `${text}abcd`, { step: 'Type', joins: 'x', now: 9000 });
    expect(later.past).toHaveLength(2);
  });

  it('keeps the identity of nodes that an edit does not touch', () => {
    const document = opened();
    const before = recipeOf(document);
    const edited = setNodeFields(before.document, 'a', { scale: 0.5 }).text;
    const after = recipeOf(withText(document, edited, { step: 'Scale' }));
    expect(after.nodes.get('b')).toBe(before.nodes.get('b'));
    expect(after.nodes.get('a')).not.toBe(before.nodes.get('a'));
  });

  it('says what is broken and comes back when it is repaired', () => {
    const broken = withText(opened(), text.replace('"edges"', '"edge"'), { step: 'Text' });
    expect(broken.content.state).toBe('broken');
    expect(undone(broken).content.state).toBe('recipe');
    const atStart = openDocument({ key: 'k', title: 'test', text: '{', savedText: '{' });
    expect(atStart.view).toBe('text');
  });

  it('lays out only new nodes when others stand already', () => {
    const document = opened();
    const node = recipeOf(document).nodes.get('quantize');
    if (node === undefined) throw new Error('There is no quantize step.');
    const place = placeOf(document, node);
    const added = text.replace(
      '"nodes": [',
      '"nodes": [ { "id": "c", "kind": "adapter", "path": "c" },',
    );
    const after = withText(document, added, { step: 'Add' });
    expect(placeOf(after, node)).toEqual(place);
    expect(after.layout.has('c')).toBe(true);
  });

  it('finds the node of a problem, also of a wire', () => {
    const cut = text.replace(/,\s*\{\s*"from": "quantize",\s*"to": "package"\s*\}/, '');
    const problems = problemsByNode(openDocument({ key: 'k', title: 'test', text: cut }).content);
    expect(problems.get('package')?.[0]?.message).toContain('levels input');
  });

  it('bounds how much it remembers', () => {
    let document = opened();
    for (let step = 0; step < 600; step++) {
      document = withText(document, `${text}${' '.repeat(step + 1)}`, { step: 'Blank' });
    }
    expect(document.past).toHaveLength(500);
  });
});

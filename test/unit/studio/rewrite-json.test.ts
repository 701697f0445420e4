// Whole-document edits leave every byte alone that they do not change.
import { describe, expect, it } from 'vitest';
import { parseJsonText } from '#src/recipe/json-text.ts';
import { rewriteJson } from '#src/studio/rewrite-json.ts';

const text = `{
  // Written by hand.
  "version": 1,
  "name":   "seedling",
  "routes": [
    { "id": "a/one", "examples": ["first", "second"], "note": "keep me" },
    {
      "id": "a/two",
      "examples": [
        "third",
        "fourth", // from a user
        "fifth"
      ],
      "threshold": 0.5
    }
  ],
  "empty": []
}
`;

interface Value {
  routes: { id: string; examples: string[]; threshold?: number; tones?: unknown; note?: string }[];
  empty: unknown[];
  [key: string]: unknown;
}

function rewritten(change: (value: Value) => void): string {
  const json = parseJsonText(text, 'test.json', 'routing/manifest');
  const value = structuredClone(json.value) as Value;
  change(value);
  const result = rewriteJson(json, value, 'routing/manifest');
  expect(parseJsonText(result, 'test.json', 'routing/manifest').value).toEqual(
    JSON.parse(JSON.stringify(value)),
  );
  return result;
}

/** Lines that are in one text and not in the other. */
function changedLines(after: string): { gone: string[]; added: string[] } {
  const before = text.split('\n');
  const now = after.split('\n');
  return {
    gone: before.filter((line) => !now.includes(line)),
    added: now.filter((line) => !before.includes(line)),
  };
}

describe('rewriteJson', () => {
  it('gives the same bytes for the same value', () => {
    expect(rewritten(() => undefined)).toBe(text);
  });

  it('changes a number where it stands', () => {
    const result = rewritten((value) => {
      const [, route] = value.routes;
      if (route !== undefined) route.threshold = 0.35;
    });
    expect(result).toBe(text.replace('0.5', '0.35'));
  });

  it('changes one text of a list and keeps the comment behind another', () => {
    const result = rewritten((value) => value.routes[1]?.examples.splice(0, 1, 'another'));
    expect(changedLines(result)).toEqual({
      gone: ['        "third",'],
      added: ['        "another",'],
    });
  });

  it('adds a text in front, in the middle and at the end of a list', () => {
    const result = rewritten((value) => {
      const [, route] = value.routes;
      if (route !== undefined) {
        route.examples = ['zero', 'third', 'between', 'fourth', 'fifth', 'last'];
      }
    });
    expect(result).toContain(
      '        "zero",\n        "third",\n        "between",\n        "fourth", // from a user',
    );
    expect(result).toContain('        "fifth",\n        "last"\n');
  });

  it('takes several properties out and adds others to the same object', () => {
    const result = rewritten((value) => {
      const [first, second] = value.routes;
      delete first?.note;
      delete second?.threshold;
      if (second !== undefined)
        Object.assign(second, { systemPrompt: 'Be kind.', sampling: { topK: 1 } });
    });
    expect(result).toContain('"examples": ["first", "second"] }');
    expect(result).toContain('"systemPrompt": "Be kind.",\n      "sampling": { "topK": 1 }');
    expect(result).toContain('// from a user');
  });

  it('removes one element while another is edited and a third is added', () => {
    const result = rewritten((value) => {
      value.routes = [
        { ...value.routes[1], id: 'a/two', examples: ['third', 'fifth'] },
        { id: 'a/three', examples: [] },
      ];
    });
    expect(result).toContain('  "name":   "seedling",');
    expect(result).toContain('"threshold": 0.5');
    expect(result).not.toContain('fourth');
  });

  it('fills an empty list and empties a full one', () => {
    const result = rewritten((value) => {
      value.empty = [{ id: 'x' }, { id: 'y' }];
      const [first] = value.routes;
      if (first !== undefined) first.examples = [];
    });
    expect(result).toContain('{ "id": "a/one", "examples": [], "note": "keep me" }');
  });

  it('writes a list anew that was put into another order, and nothing else', () => {
    const result = rewritten((value) => {
      const [, route] = value.routes;
      route?.examples.reverse();
    });
    expect(result).toContain('  // Written by hand.');
    expect(result).toContain('        "fifth",\n        "fourth",\n        "third"\n      ]');
  });
});

// Brings a JSON text to another value by the fewest edits: notes, order, comments and formatting of all that did not change
// keep their bytes. What a whole-document editor saves goes through here.
import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode } from '#src/errors/catalog.ts';
import { applyJsonSplices, type JsonSplice } from '#src/recipe/json-splices.ts';
import { parseJsonText, type JsonPath, type JsonText } from '#src/recipe/json-text.ts';

type Json = Readonly<Record<string, unknown>>;

/** Each round takes a property out of every object that loses some; a value that loses more is written anew. */
const maximumRounds = 24;

/**
 * The text with another value. Objects are matched by their keys, elements of lists by their `id` (or `kind`, `role`), texts
 * by themselves; a list that was put into another order is written anew. Unchanged values give the same text.
 */
export function rewriteJson(json: JsonText, value: unknown, code: ErrorCode): string {
  let current = json;
  const wanted = withoutUndefined(value);
  for (let round = 0; round < maximumRounds; round++) {
    const splices = differencesOf(current.value, wanted, []);
    if (splices.length === 0) return current.text;
    current = parseJsonText(applyJsonSplices(current, splices), json.label, code);
  }
  if (isDeepStrictEqual(current.value, wanted)) return current.text;
  return `${JSON.stringify(wanted, null, 2)}\n`;
}

function ofObjects(before: Json, after: Json, path: JsonPath): JsonSplice[] {
  const changed = Object.entries(after).flatMap(([key, value]): JsonSplice[] => {
    if (!Object.hasOwn(before, key)) return [];
    return differencesOf(before[key], value, [...path, key]);
  });
  // Two properties that leave together touch the same comma: one in a round, and what is added comes after them.
  const [gone] = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  if (gone !== undefined) return [...changed, { splice: 'unset', path, property: gone }];
  const added = Object.entries(after)
    .filter(([key]) => !Object.hasOwn(before, key))
    .map(([property, value]) => ({ splice: 'set', path, property, value }) as const);
  // An empty object is written anew for its first property.
  return [...changed, ...(Object.keys(before).length === 0 ? added.slice(0, 1) : added)];
}

function differencesOf(before: unknown, after: unknown, path: JsonPath): JsonSplice[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isObject(before) && isObject(after)) return ofObjects(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) {
    const found = ofLists(before, after, path);
    if (found !== undefined) return found;
  }
  return [{ splice: 'replace', path, value: after }];
}

/** Undefined where elements were put into another order, or one stands there twice. */
function ofLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: JsonPath,
): JsonSplice[] | undefined {
  const had = new Set(before.map(keyOf));
  const wanted = new Set(after.map(keyOf));
  if (wanted.size !== after.length || had.size !== before.length) return undefined;
  const inPlace: JsonSplice[] = [];
  const added: JsonSplice[] = [];
  const gone: number[] = [];
  let at = 0;
  for (const [index, element] of before.entries()) {
    const leaves = !wanted.has(keyOf(element));
    const from = at;
    // A text that was changed where it stands is another one in the same place.
    const isNew = at < after.length && !had.has(keyOf(after[at]));
    if (leaves && isNew) {
      inPlace.push({ splice: 'replace', path: [...path, index], value: after[at++] });
      continue;
    }
    if (leaves) {
      gone.push(index);
      continue;
    }
    while (at < after.length && !had.has(keyOf(after[at]))) at++;
    if (keyOf(after[at]) !== keyOf(element)) return undefined;
    if (at > from) added.push({ splice: 'insert', path, index, values: after.slice(from, at) });
    inPlace.push(...differencesOf(element, after[at++], [...path, index]));
  }
  if (at < after.length) added.push({ splice: 'append', path, values: after.slice(at) });
  // Both touch the commas: what is added comes in the next round.
  if (gone.length > 0) return [...inPlace, { splice: 'remove', path, indices: gone }];
  return [...inPlace, ...added];
}

/** By what an element is the same as before, whatever else of it changed. */
function keyOf(element: unknown): string {
  if (!isObject(element)) return JSON.stringify(element) ?? 'null';
  for (const name of ['id', 'role', 'kind'] as const) {
    if (typeof element[name] === 'string') return `${name} ${element[name]}`;
  }
  return JSON.stringify(element) ?? 'null';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As JSON has it: what is undefined is not there. */
function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

// JSON text that a person edits (recipes, mappings): parsed with positions, so that a message can name line and column
// and an edit can touch only what changed. Comments are accepted and kept; everything hostile is refused here once.
import {
  createScanner,
  findNodeAtLocation,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import type { ErrorCode } from '#src/errors/catalog.ts';
import { StudioError } from '#src/errors/studio-error.ts';

/** No hand-written recipe comes near; the parser recurses once per level, so depth is bounded before it runs. */
const maximumDepth = 64;
/** 8 MiB of text is a recipe of ten thousand nodes; more is another kind of file. */
const maximumLength = 8 * 1024 * 1024;

/** Numbers of jsonc-parser's token kinds (its `SyntaxKind` is a const enum, which isolated modules cannot import). */
const token = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, endOfFile: 17 };

export type JsonPath = (string | number)[];

export interface JsonText {
  /** How messages name it. */
  readonly label: string;
  /** Exactly as it was given, a byte order mark included. */
  readonly text: string;
  /** Plain values: objects have no keys that could reach a prototype. */
  readonly value: unknown;
  readonly root: Node;
}

/**
 * Parses JSON with comments. Throws `code` with line and column for a syntax error, a duplicate key, the key
 * `__proto__`, nesting deeper than 64 and text longer than 8 MiB.
 */
export function parseJsonText(text: string, label: string, code: ErrorCode): JsonText {
  if (text.length > maximumLength) {
    throw new StudioError(
      code,
      `${label} has ${text.length} characters; at most ${maximumLength} are read.`,
      {
        hint: 'Check that this is the file you meant.',
      },
    );
  }
  // The parser does not know the byte order mark; a blank keeps every offset as it is in the file.
  const readable = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  checkDepth(readable, label, code);
  const errors: ParseError[] = [];
  const root = parseTree(readable, errors, {
    allowTrailingComma: false,
    disallowComments: false,
    allowEmptyContent: false,
  });
  const first = errors[0];
  if (first !== undefined || root === undefined) {
    const problem = first === undefined ? 'it is empty' : inWords(printParseErrorCode(first.error));
    throw new StudioError(
      code,
      `${label} is not valid JSON: ${problem} at ${lineAndColumn(readable, first?.offset ?? 0)}.`,
      { hint: 'Correct the text there; an editor with JSON support marks the place.' },
    );
  }
  return { label, text, root, value: plainValue(root, readable, label, code) };
}

/** `nodes[2].levels[0]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[A-Za-z_$][\w$-]*$/.test(String(part))
          ? `${index === 0 ? '' : '.'}${String(part)}`
          : `[${JSON.stringify(String(part))}]`,
    )
    .join('');
}

/** Where a path stands in the text (the nearest existing parent's place): `line 3, column 5`. */
export function placeOf(json: JsonText, path: readonly PropertyKey[]): string {
  for (let length = path.length; length >= 0; length--) {
    const known = path
      .slice(0, length)
      .map((part) => (typeof part === 'number' ? part : String(part)));
    const node = findNodeAtLocation(json.root, known);
    if (node !== undefined) return lineAndColumn(json.text, node.offset);
  }
  return lineAndColumn(json.text, 0);
}

function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}

function checkDepth(text: string, label: string, code: ErrorCode): void {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let kind: number = scanner.scan(); kind !== token.endOfFile; kind = scanner.scan()) {
    if (kind === token.openBrace || kind === token.openBracket) depth++;
    else if (kind === token.closeBrace || kind === token.closeBracket) depth--;
    if (depth > maximumDepth) {
      throw new StudioError(
        code,
        `${label} nests deeper than ${maximumDepth} levels at ${lineAndColumn(text, scanner.getTokenOffset())}.`,
        { hint: 'Check that this is the file you meant.' },
      );
    }
  }
}

/** jsonc-parser's own conversion assigns keys, which lets `__proto__` replace a prototype; this one refuses it. */
function plainValue(node: Node, text: string, label: string, code: ErrorCode): unknown {
  switch (node.type) {
    case 'array':
      return (node.children ?? []).map((child) => plainValue(child, text, label, code));
    case 'object': {
      const object: Record<string, unknown> = {};
      for (const property of node.children ?? []) {
        const [key, value] = property.children ?? [];
        if (key === undefined || value === undefined) continue;
        const name = key.value as string;
        if (name === '__proto__' || Object.hasOwn(object, name)) {
          throw new StudioError(
            code,
            `${label}: the key ${JSON.stringify(name)} at ${lineAndColumn(text, key.offset)} is ${name === '__proto__' ? 'not allowed' : 'given twice'}.`,
            { hint: 'Keep one of them: readers disagree on which one counts.' },
          );
        }
        object[name] = plainValue(value, text, label, code);
      }
      return object;
    }
    case 'property':
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return node.value as unknown;
  }
}

/** `CommaExpected` -> `comma expected`. */
function inWords(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

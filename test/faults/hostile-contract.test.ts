// A renderer that has gone mad: every method of the studio's contract with parameters that are nearly right, wrong, huge, or name
// what is not there. Each call is answered, none as a defect of the studio, and nothing outside its folders is touched.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { studioContract } from '#src/contract/studio.contract.ts';
import { createMemoryPortPair } from '#src/rpc/memory-port.ts';
import { serve } from '#src/rpc/server.ts';
import type { Random } from '#test/fuzz/mutations.ts';
import {
  openTestStudio,
  temporaryFolder,
  type TestStudio,
} from '#test/helpers/open-test-studio.ts';
import { casesOf, report } from './share.ts';

let studio: TestStudio;
let outside = '';
beforeAll(async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'home'));
  // Beside the home, where `../` leads.
  outside = join(folder, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'mine.json'), '{"mine":true}');
  studio = await openTestStudio({ home: join(folder, 'home') });
}, 60_000);
afterAll(() => studio.dispose());

type Schema = Readonly<Record<string, unknown>>;
const list = (value: unknown) => (Array.isArray(value) ? (value as Schema[]) : undefined);

/** A value that fits a JSON schema, more or less; formats and patterns are left to luck. */
function valueOf(schema: Schema | boolean, random: Random, depth = 0): unknown {
  if (typeof schema === 'boolean') return hostileValue(random);
  if ('const' in schema) return schema['const'];
  const options = list(schema['enum']);
  if (options !== undefined) return random.pick(options);
  const either = list(schema['anyOf']) ?? list(schema['oneOf']);
  if (either !== undefined) return valueOf(random.pick(either), random, depth);
  if (depth > 6) return null;
  switch (schema['type']) {
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Record<string, Schema | boolean>;
      const required = (schema['required'] ?? []) as string[];
      return Object.fromEntries(
        Object.entries(properties)
          .filter(([name]) => required.includes(name) || random.below(2) === 0)
          .map(([name, one]) => [name, valueOf(one, random, depth + 1)]),
      );
    }
    case 'array': {
      const items = (schema['items'] ?? list(schema['prefixItems'])?.[0] ?? {}) as Schema | boolean;
      const length = Number(schema['minItems'] ?? 0) + random.below(3);
      return Array.from({ length }, () => valueOf(items, random, depth + 1));
    }
    case 'string':
      return stringOf(schema, random);
    case 'integer':
    case 'number':
      return Number(schema['minimum'] ?? 0) + random.below(4);
    case 'boolean':
      return random.below(2) === 0;
    default:
      return hostileValue(random);
  }
}

function stringOf(schema: Schema, random: Random): string {
  const likely = ['AAAAAAAAAAAAAAAAAAAAAA', 'saved', 'a'.repeat(64), '20261123-114500-1f2e3d4c', '{"version":1,"nodes":[],"edges":[]}']; // prettier-ignore
  return random.below(3) === 0 ? random.pick(hostileStrings()) : random.pick(likely).slice(0, Number(schema['maxLength'] ?? 1e6)); // prettier-ignore
}

const hostileStrings = () => [
  '', '\u0000', '../../outside/mine.json', '..\\..\\outside', '/etc/passwd', join(outside, 'mine.json'), 'C:\\Windows\\win.ini',
  '....//....//outside', '%2e%2e%2foutside', '__proto__', 'constructor', 'toString', 'CON', 'a/../../outside/mine', '.', '..',
  'x'.repeat(200_000), '\ud800', '\u202egnp.exe', '${process.exit()}', '$(touch x)', '-', '--yes', '~/x', 'file:///etc/passwd',
]; // prettier-ignore

function hostileValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => -1,
    () => 1e308,
    () => 2 ** 53,
    () => 1.5,
    () => [],
    () => ({}),
    () => random.pick(hostileStrings()),
    () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as unknown, // prettier-ignore
    () => Array.from({ length: 20_000 }, () => 0),
    () => nested(500),
    () => true,
  ])();
}

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level++) value = { value };
  return value;
}

/** Replaces one place of a value, or nothing. */
function broken(value: unknown, random: Random): unknown {
  if (random.below(5) === 0) return hostileValue(random);
  if (Array.isArray(value) && value.length > 0) {
    const at = random.below(value.length);
    return (value as unknown[]).map((one, index) => (index === at ? broken(one, random) : one));
  }
  if (typeof value !== 'object' || value === null) return hostileValue(random);
  const entries = Object.entries(value as Record<string, unknown>);
  const at = random.below(entries.length + 1);
  const changed = entries.map(([name, one], index): [string, unknown] => [
    name,
    index === at ? broken(one, random) : one,
  ]); // prettier-ignore
  if (at === entries.length) changed.push([random.pick(['__proto__', 'extra', 'constructor']), 1]);
  return Object.fromEntries(changed);
}

interface Answer {
  readonly type: string;
  readonly id?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Run until they are cancelled; and those whose work is long by nature are cancelled too. */
const cancelledAfter = 3_000;

describe('a hostile renderer', () => {
  it('is answered in every method, never as a defect, and gets nowhere', async () => {
    const methods = Object.entries(studioContract);
    const schemas = new Map(
      methods.map(([name, { params }]) => [
        name,
        z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as Schema,
      ]),
    );
    const [here, there] = createMemoryPortPair();
    serve(studioContract, studio.studio.handlers, there);
    const waiting = new Map<number, (answer: Answer) => void>();
    here.onMessage((message) => {
      const answer = message as Answer;
      if (answer.type === 'event' || answer.id === undefined) return;
      waiting.get(answer.id)?.(answer);
      waiting.delete(answer.id);
    });
    const outcomes: Record<string, number> = {};
    const cases = casesOf('contract');
    for (const { random, name, index, seed } of cases) {
      const [method] = methods[seed % methods.length] ?? ['watch'];
      const fitting = valueOf(schemas.get(method) ?? {}, random);
      const params = random.below(4) === 0 ? fitting : broken(fitting, random);
      const answer = await new Promise<Answer>((resolve, reject) => {
        waiting.set(index, resolve);
        here.send({ type: 'call', id: index, method, params });
        const cancel = setTimeout(() => here.send({ type: 'cancel', id: index }), method.startsWith('watch') ? 20 : cancelledAfter); // prettier-ignore
        const late = setTimeout(() => reject(new Error(`${name}: ${method} was not answered`)), 60_000); // prettier-ignore
        const give = waiting.get(index);
        waiting.set(index, (one) => {
          clearTimeout(cancel);
          clearTimeout(late);
          give?.(one);
        });
      });
      const outcome = answer.error?.code ?? 'result';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      expect(outcome, `${name}: ${method}(${JSON.stringify(params).slice(0, 500)}): ${answer.error?.message ?? ''}`).not.toBe('internal'); // prettier-ignore
      expect(({} as { polluted?: number }).polluted, name).toBeUndefined();
    }
    expect(await readdir(outside)).toEqual(['mine.json']);
    expect(await readFile(join(outside, 'mine.json'), 'utf8')).toBe('{"mine":true}');
    expect(await studio.call('listDomains', {})).toBeDefined();
    report('hostile renderer', cases, { methods: methods.length, outcomes });
  }, 3_600_000);

  it('sends messages of no kind and is not answered, and the next call is', async () => {
    const cases = casesOf('messages');
    const window = studio.openWindow();
    for (const { random } of cases) {
      const message = broken({ type: 'call', id: random.below(9), method: 'listDomains', params: {} }, random); // prettier-ignore
      const isStop = typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'stop'; // prettier-ignore
      if (!isStop) window.port.send(message);
    }
    expect(await studio.call('listDomains', {})).toBeDefined();
    report('hostile messages', cases);
  });
});

import { describe, expect, it } from 'vitest';
import { engineContract } from '#src/contract/engine.contract.ts';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { stageEventSchema } from '#src/contract/stage-event-schema.ts';
import type { StageEvent, StageRun } from '#src/contract/stage-events.ts';
import { wireErrorSchema } from '#src/contract/wire-error.ts';
import { errorCatalog, type ErrorCode } from '#src/errors/catalog.ts';
import { fromWireError, StudioError, toWireError } from '#src/errors/studio-error.ts';

describe('errors on the wire', () => {
  it('come back the same after JSON, cause included', () => {
    const cause = new StudioError('io/disk-full', 'No space.');
    const error = new StudioError('quantize/failed', 'Failed.', {
      hint: 'Free some.',
      details: { bytes: 3, names: ['a'] },
      cause,
    });
    const wire = wireErrorSchema.parse(JSON.parse(JSON.stringify(toWireError(error))));
    const back = fromWireError(wire);
    expect(back).toMatchObject({
      code: error.code,
      message: error.message,
      hint: error.hint,
      details: error.details,
    });
    expect(back.stack).toBe(error.stack);
    expect(back.cause).toMatchObject({ code: 'io/disk-full' });
  });

  it.each(Object.keys(errorCatalog) as ErrorCode[])('know the code %s', (code) => {
    const wire = wireErrorSchema.parse({ code, message: '', details: {} });
    expect(fromWireError(wire).exitCode).toBe(new StudioError(code, '').exitCode);
  });

  it('with a code of a newer version are internal, not a crash', () => {
    expect(wireErrorSchema.parse({ code: 'x/new', message: 'm', details: {} }).code).toBe(
      'internal',
    );
  });

  it('without a message are refused', () => {
    expect(wireErrorSchema.safeParse({ code: 'internal', details: {} }).success).toBe(false);
  });
});

describe('events on the wire', () => {
  const events: StageEvent[] = [
    { event: 'phase', phase: 'Reading' },
    { event: 'phase', phase: 'Reading', detail: 'x.gguf' },
    { event: 'progress', done: 1, total: 2, unit: 'bytes', detail: 't' },
    { event: 'progress', done: 1, total: 2, unit: 'bytes', effort: { done: 0.5, total: 7 } },
    { event: 'notice', level: 'warning', message: 'm' },
    { event: 'log', level: 'debug', text: 't' },
    { event: 'artifact', path: '/x', bytes: 1, sha256: 'a', reused: true },
  ];
  it.each(events)('%j pass unchanged', (event) => {
    expect(stageEventSchema.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it.each([
    { event: 'progress', done: -1, total: 2, unit: 'bytes' },
    { event: 'progress', done: 1, total: 2, unit: 'miles' },
    { event: 'notice', level: 'shout', message: 'm' },
    { event: 'other' },
    null,
    'phase',
  ])('%j are refused', (event) => {
    expect(stageEventSchema.safeParse(event).success).toBe(false);
  });
});

describe('parameters', () => {
  const { params } = factoryContract.quantize;
  const good = { input: '/a.gguf', outputs: [{ level: 'Q4_K_M', path: '/b.gguf' }] };

  it('get their defaults', () => {
    expect(params.parse(good)).toMatchObject({ pure: false, overwrite: false, tensorTypes: [] });
  });

  it.each([
    [{ ...good, input: 'a.gguf' }, 'input'],
    [{ ...good, input: '../a.gguf' }, 'input'],
    [{ ...good, outputs: [] }, 'outputs'],
    [{ ...good, outputs: [{ level: 'Q4_K_X', path: '/b' }] }, 'outputs'],
    [{ ...good, threads: 0 }, 'threads'],
    [{ ...good, tensorTypes: [['x', 'Q9']] }, 'tensorTypes'],
    [{ ...good, pruneLayers: [-1] }, 'pruneLayers'],
    [{ ...good, overrides: [{ key: 'k', type: 'int', value: 1.5 }] }, 'overrides'],
  ])('%j are refused at %s', (value, field) => {
    const parsed = params.safeParse(value);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.path[0]).toBe(field);
  });

  it('of a chat are bounded', () => {
    const { params: open } = engineContract.openChat;
    expect(open.safeParse({ path: '/m.gguf' }).success).toBe(true);
    expect(open.safeParse({ path: 'C:\\m.gguf' }).success).toBe(true);
    expect(open.safeParse({ path: '/m.gguf', contextSize: 1 }).success).toBe(false);
    const { params: say } = engineContract.say;
    expect(say.safeParse({ chat: 1, text: 'x', sampling: { seed: 2 ** 32 } }).success).toBe(false);
  });
});

describe('runToEnd', () => {
  it('hands every event over and gives the result', async () => {
    async function* run(): StageRun<number> {
      yield { event: 'phase', phase: 'a' };
      await Promise.resolve();
      yield { event: 'phase', phase: 'b' };
      return 7;
    }
    const seen: StageEvent[] = [];
    expect(await runToEnd(run(), (event) => seen.push(event))).toBe(7);
    expect(seen.map((event) => event.event === 'phase' && event.phase)).toEqual(['a', 'b']);
  });
});

// What is remembered of this machine's speed, and what an estimate makes of it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { correctedSeconds, readMachineRates, rememberRates, rememberRun } from '#src/io/machine-rates.ts'; // prettier-ignore

let home: string;
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'rates-'))));
afterEach(() => rm(home, { recursive: true, force: true }));

describe('the rates of a machine', () => {
  it('are kept, added to, and not taken for those of another machine', async () => {
    await rememberRates('this', new Map([['encode Q4_K', 60e6]]), home);
    await rememberRun('this', { kind: 'written', foretold: 10, seconds: 12 }, home);
    await rememberRates('this', new Map([['read', 1e9]]), home);
    const { rates, runs } = await readMachineRates('this', home);
    expect([...rates]).toEqual([['encode Q4_K', 60e6], ['read', 1e9]]); // prettier-ignore
    expect(runs).toHaveLength(1);
    expect(await readMachineRates('other', home)).toEqual({ rates: new Map(), runs: [] });
  });

  it.each([
    '',
    '{"version":1',
    '{"version":1,"machine":"this","rates":{"read":-1},"runs":[]}',
    '[]',
  ])('survive a damaged file: %s', async (text) => {
    await mkdir(join(home, 'store'), { recursive: true });
    await writeFile(join(home, 'store', 'rates.json'), text);
    expect(await readMachineRates('this', home)).toEqual({ rates: new Map(), runs: [] });
    await rememberRates('this', new Map([['read', 1e9]]), home);
    expect((await readMachineRates('this', home)).rates.get('read')).toBe(1e9);
  });

  it('cannot be spoiled by a run of no time', async () => {
    await rememberRun('this', { kind: 'written', foretold: 0, seconds: 1 }, home);
    expect((await readMachineRates('this', home)).runs).toEqual([]);
  });
});

describe('an estimate', () => {
  const run = { kind: 'written', foretold: 2, seconds: 4 };

  it('is what the rates foretell until something was built', () => {
    expect(correctedSeconds([], { kind: 'written', foretold: 7 })).toBe(7);
    expect(correctedSeconds([run], { kind: 'merged', foretold: 7 })).toBe(7);
  });

  it('follows a finished run of the same size wholly, of others less', () => {
    expect(correctedSeconds([run], { kind: 'written', foretold: 2 })).toBeCloseTo(4, 9);
    const larger = correctedSeconds([run], { kind: 'written', foretold: 200 });
    expect(larger).toBeGreaterThan(200);
    expect(larger).toBeLessThan(400);
  });

  it('never falls when there is more to do, whatever single runs took', () => {
    for (const seconds of [0.001, 4, 1000]) {
      let last = 0;
      for (let foretold = 0.01; foretold < 1000; foretold *= 1.3) {
        const told = correctedSeconds([{ ...run, seconds }], { kind: 'written', foretold });
        expect(told).toBeGreaterThan(last);
        last = told;
      }
    }
  });
});

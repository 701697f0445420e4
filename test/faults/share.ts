// How much of the fault injection runs: a tenth in `npm test`, all of it in `npm run test:faults`. Every case has a seed of its
// own, which is printed when it fails: STUDIO_FAULTS_CASE=seed runs that one alone.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom, type Random } from '#test/fuzz/mutations.ts';

/** 1: the whole. */
export const share = Number(process.env['STUDIO_FAULTS_SHARE'] || '0.1');
const seed = Number(process.env['STUDIO_FAULTS_SEED'] || '20261123');
const only = process.env['STUDIO_FAULTS_CASE'];

export interface FaultCase {
  readonly index: number;
  readonly seed: number;
  readonly random: Random;
  /** For messages. */
  readonly name: string;
}

/** The share of `whole` cases of one kind, at least one. Seeds differ between kinds. */
export function casesOf(kind: string, whole: number): FaultCase[] {
  const salt = [...kind].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, seed);
  const count = Math.max(1, Math.round(whole * share));
  const seeds = only === undefined ? Array.from({ length: count }, (_, index) => (salt + index) >>> 0) : [Number(only)]; // prettier-ignore
  return seeds.map((one, index) => ({
    index,
    seed: one,
    random: seededRandom(one),
    name: `${kind} case ${index} (STUDIO_FAULTS_CASE=${one})`,
  }));
}

/** Prints what was done and keeps it as `.cache/faults/<what>.json`, from which docs/security.md has its figures. */
export function report(what: string, figures: Readonly<Record<string, unknown>>): void {
  const folder = fileURLToPath(new URL('../../.cache/faults', import.meta.url));
  const text = JSON.stringify({ what, share, seed, ...figures });
  console.log(`faults ${text}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${what.replaceAll(/\W+/g, '-')}.json`), `${text}\n`);
}

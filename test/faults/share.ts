// How much of the fault injection runs: a tenth in `npm test`, all of it in `npm run test:faults`, and of each kind only what
// its part of the time allows where `--within=MINUTES` names one. Every case has a seed of its own, which is printed when it
// fails: STUDIO_FAULTS_CASE=seed runs that one alone.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom, type Random } from '#test/fuzz/mutations.ts';

/** 1: the whole. */
export const share = Number(process.env['STUDIO_FAULTS_SHARE'] || '0.1');
const seed = Number(process.env['STUDIO_FAULTS_SEED'] || '20261123');
const only = process.env['STUDIO_FAULTS_CASE'];
const minutes = Number(process.env['STUDIO_FAULTS_WITHIN'] || 'Infinity');

/** Every kind: how many cases the whole has, and the seconds that they take on two cores, by which a limited time is divided. */
export const faultKinds = {
  'kill build': { whole: 45, seconds: 160 },
  'kill quantize': { whole: 15, seconds: 25 },
  'kill package a folder': { whole: 30, seconds: 50 },
  'kill package add': { whole: 10, seconds: 30 },
  'kill repair': { whole: 20, seconds: 70 },
  'kill repair writing': { whole: 20, seconds: 90 },
  'kill saving': { whole: 50, seconds: 40 },
  'kill serve': { whole: 30, seconds: 120 },
  'kill factory': { whole: 60, seconds: 50 },
  'kill engine': { whole: 60, seconds: 110 },
  'disk full build': { whole: 30, seconds: 80 },
  'disk full package a folder': { whole: 30, seconds: 60 },
  'disk full repair': { whole: 30, seconds: 60 },
  'disk full saving': { whole: 60, seconds: 10 },
  inspect: { whole: 2_000, seconds: 120 },
  diagnose: { whole: 2_000, seconds: 130 },
  load: { whole: 2_000, seconds: 60 },
  recipe: { whole: 1_500, seconds: 10 },
  manifest: { whole: 1_500, seconds: 10 },
  http: { whole: 1_000, seconds: 15 },
  contract: { whole: 4_000, seconds: 20 },
  messages: { whole: 1_000, seconds: 10 },
  'socket handshakes': { whole: 300, seconds: 10 },
  'socket frames': { whole: 600, seconds: 10 },
  'socket messages': { whole: 1_000, seconds: 15 },
} as const;
export type FaultKind = keyof typeof faultKinds;

const allSeconds = Object.values(faultKinds).reduce((sum, { seconds }) => sum + seconds, 0);
/** Test files that run at once (vitest.config.ts). */
const workers = 2;

export interface FaultCase {
  readonly index: number;
  readonly seed: number;
  readonly random: Random;
  /** From 0 to 1, by the seed alone: those of seeds that follow each other lie evenly over the whole. */
  readonly place: number;
  /** For messages. */
  readonly name: string;
}

/** To be gone through once. */
export interface FaultCases extends Iterable<FaultCase> {
  /** How many there are, and how many were begun: fewer where the time was spent. */
  readonly asked: number;
  readonly ran: number;
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;

const figures = fileURLToPath(new URL('../../.cache/faults', import.meta.url));
const fileName = (what: string) => what.replaceAll(/\W+/g, '-');

/**
 * The share of one kind, at least one case, which is always run; the others are begun while the kind's part of the time lasts.
 * Seeds differ between kinds.
 */
export function casesOf(kind: FaultKind): FaultCases {
  const { whole, seconds } = faultKinds[kind];
  const salt = [...kind].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, seed);
  const count = Math.max(1, Math.round(whole * share));
  const seeds = only === undefined ? Array.from({ length: count }, (_, index) => (salt + index) >>> 0) : [Number(only)]; // prettier-ignore
  const milliseconds = (minutes * 60_000 * workers * seconds) / allSeconds;
  // What runs, so that its seed is known whatever ends the test.
  const mark = join(figures, `${fileName(kind)}.running`);
  let ran = 0;
  return {
    asked: seeds.length,
    get ran() {
      return ran;
    },
    *[Symbol.iterator]() {
      const end = performance.now() + milliseconds;
      mkdirSync(figures, { recursive: true });
      for (const [index, one] of seeds.entries()) {
        if (index > 0 && performance.now() > end) break;
        ran++;
        const name = `${kind} case ${index} (STUDIO_FAULTS_CASE=${one})`;
        writeFileSync(mark, name);
        yield { index, seed: one, random: seededRandom(one), place: (one * goldenRatio) % 1, name };
      }
      // Not reached where a case throws.
      rmSync(mark, { force: true });
    },
  };
}

/** Prints what was done and keeps it as `.cache/faults/<what>.json`, from which docs/security.md has its figures. */
export function report(
  what: string,
  { ran, asked }: FaultCases,
  outcome: Readonly<Record<string, unknown>> = {},
): void {
  const text = JSON.stringify({ what, share, seed, ran, asked, ...outcome });
  console.log(`faults ${text}`);
  mkdirSync(figures, { recursive: true });
  writeFileSync(join(figures, `${fileName(what)}.json`), `${text}\n`);
}

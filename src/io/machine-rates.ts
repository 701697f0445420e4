// How fast this machine works: rates per kind of work, measured at their first use, and how long finished runs took against
// what the rates foretold. A small file in the app's home; losing it costs measuring again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { studioHome } from './studio-home.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

const positive = z.number().positive();
const runSchema = z.object({
  /** Runs of one kind are wrong in the same way: `written`, `merged`. */
  kind: z.string().max(100),
  /** Seconds by the rates alone, and by the clock. */
  foretold: positive,
  seconds: positive,
});
const fileSchema = z.object({
  version: z.literal(1),
  /** Processor, build of the kernels and of llama.cpp: rates of another say nothing. */
  machine: z.string().max(1_000),
  rates: z.record(z.string().max(100), positive),
  runs: z.array(runSchema).max(1_000),
});

export type FinishedRun = z.infer<typeof runSchema>;

export interface MachineRates {
  readonly rates: ReadonlyMap<string, number>;
  /** Newest first. */
  readonly runs: readonly FinishedRun[];
}

const keptRuns = 40;
/** Runs this much larger or smaller (natural logarithm) correct an estimate by a third of their own error. */
const reach = Math.log(8);
/** A single run that something disturbed, or one of almost no work, corrects by no more than this. */
const mostCorrection = 6;

function ratesPath(home: string): string {
  return join(home, 'store', 'rates.json');
}

/** What is known of this machine; nothing when the file is missing, damaged or of another machine. */
export async function readMachineRates(
  machine: string,
  home = studioHome(),
): Promise<MachineRates> {
  const none = { rates: new Map<string, number>(), runs: [] };
  try {
    const { data } = fileSchema.safeParse(JSON.parse(await readFile(ratesPath(home), 'utf8')));
    if (data?.machine !== machine) return none;
    return { rates: new Map(Object.entries(data.rates)), runs: data.runs };
  } catch {
    return none;
  }
}

/** Adds rates to the file; a home that cannot be written to is no obstacle. */
export async function rememberRates(
  machine: string,
  measured: ReadonlyMap<string, number>,
  home = studioHome(),
): Promise<void> {
  const { rates, runs } = await readMachineRates(machine, home);
  await write(machine, { rates: new Map([...rates, ...measured]), runs }, home);
}

/** Remembers a run, in place of an earlier one of its kind and size. */
export async function rememberRun(
  machine: string,
  run: FinishedRun,
  home = studioHome(),
): Promise<void> {
  if (!runSchema.safeParse(run).success) return;
  const { rates, runs } = await readMachineRates(machine, home);
  const others = runs.filter(
    (other) => other.kind !== run.kind || distance(other.foretold, run.foretold) > Math.log(1.5),
  );
  await write(machine, { rates, runs: [run, ...others].slice(0, keptRuns) }, home);
}

/**
 * What the rates foretell, corrected by the finished run of this kind that is nearest in size: wholly by one of the same
 * size, less by others, for what every run costs beside its work weighs more in small ones. More work is never less time.
 */
export function correctedSeconds(
  runs: readonly FinishedRun[],
  { kind, foretold }: Pick<FinishedRun, 'kind' | 'foretold'>,
): number {
  const [nearest] = runs
    .filter((run) => run.kind === kind)
    .sort((left, right) => distance(left.foretold, foretold) - distance(right.foretold, foretold));
  if (nearest === undefined || foretold <= 0) return foretold;
  const error = nearest.seconds / nearest.foretold;
  const kept = Math.min(mostCorrection, Math.max(1 / mostCorrection, error));
  return foretold * kept ** Math.exp(-distance(nearest.foretold, foretold) / reach);
}

function distance(left: number, right: number): number {
  return Math.abs(Math.log(left / right));
}

async function write(machine: string, known: MachineRates, home: string): Promise<void> {
  const file = { version: 1, machine, rates: Object.fromEntries(known.rates), runs: known.runs };
  await writeFileAtomically(ratesPath(home), `${JSON.stringify(file, null, 2)}\n`).catch(() => undefined); // prettier-ignore
}

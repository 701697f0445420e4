// What to use for which purpose, with the reason in one sentence. Thresholds are the field's own bands (llama.cpp's
// perplexity scoreboard, Llama-3-8B: Q4_K_M 0.03, Q5_K_M 0.01, Q2_K 0.45 mean KLD; 71 % same top for Q2_K).
import type { Recommendation } from '#src/contract/quality/ranking.ts';
import { formatBytes } from '#src/text/format-number.ts';

/** A subject as recommending sees it. */
export interface Candidate {
  readonly id: string;
  readonly label: string;
  readonly bytes: number;
  /** Mean over texts, and the worst text's. */
  readonly kld: number;
  readonly worstKld: number;
  readonly worstText: string;
  readonly sameTop: number;
  /** What it needs to run: the measured peak, else the file and a tenth. */
  readonly memoryBytes: number;
  readonly memoryIsMeasured: boolean;
}

export type IsCloser = (left: Candidate, right: Candidate) => boolean;

export const gates = { production: 0.05, qualityCritical: 0.02, mobile: 0.5 } as const;

/** Memory sizes of machines that are sold, in GB. */
const machines = [2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512];

/** All use cases, then the machines at which the answer changes. `isCloser` is true only beyond doubt. */
export function recommend(candidates: readonly Candidate[], isCloser: IsCloser): Recommendation[] {
  if (candidates.length === 0) return [];
  const bySize = candidates.toSorted((left, right) => left.bytes - right.bytes);
  return [
    production(bySize, isCloser),
    qualityCritical(bySize, isCloser),
    mobile(bySize, isCloser),
    development(bySize, isCloser),
    ...forMachines(bySize, isCloser),
  ];
}

function production(bySize: readonly Candidate[], isCloser: IsCloser): Recommendation {
  const passing = bySize.find(({ kld }) => kld <= gates.production);
  if (passing === undefined) return nothingPasses('production', bySize, isCloser, gates.production);
  const chosen = betterAtThatSize(passing, bySize, isCloser);
  const hybrid =
    chosen === passing
      ? ''
      : ` At no more bytes than ${passing.label} it is measurably closer (${kldText(chosen.kld)} against ${kldText(passing.kld)}).`;
  return {
    purpose: 'production',
    subject: chosen.id,
    reason: `The smallest whose mean KLD stays below ${gates.production}: ${kldText(passing.kld)} at ${formatBytes(chosen.bytes)}.${hybrid}`,
  };
}

function qualityCritical(bySize: readonly Candidate[], isCloser: IsCloser): Recommendation {
  const passing = bySize.find(({ worstKld }) => worstKld <= gates.qualityCritical);
  if (passing === undefined) {
    return nothingPasses(
      'quality-critical',
      bySize,
      isCloser,
      gates.qualityCritical,
      'on every text',
    );
  }
  const chosen = betterAtThatSize(passing, bySize, isCloser);
  return {
    purpose: 'quality-critical',
    subject: chosen.id,
    reason: `Its worst text (${chosen.worstText}) stays below ${gates.qualityCritical}: ${kldText(chosen.worstKld)} at ${formatBytes(chosen.bytes)}.`,
  };
}

function mobile(bySize: readonly Candidate[], isCloser: IsCloser): Recommendation {
  const passing = bySize.find(({ kld }) => kld <= gates.mobile);
  if (passing === undefined) return nothingPasses('mobile', bySize, isCloser, gates.mobile);
  const chosen = betterAtThatSize(passing, bySize, isCloser);
  const differs = Math.round((1 - chosen.sameTop) * 100);
  return {
    purpose: 'mobile',
    subject: chosen.id,
    reason: `The smallest below ${gates.mobile}: ${formatBytes(chosen.bytes)}, mean KLD ${kldText(chosen.kld)}; ${differs} of 100 most probable tokens differ from the unquantized model's.`,
  };
}

function development(bySize: readonly Candidate[], isCloser: IsCloser): Recommendation {
  const chosen = closest(bySize, isCloser);
  return {
    purpose: 'development',
    subject: chosen.id,
    reason: `Nothing here is measurably closer to the unquantized model: mean KLD ${kldText(chosen.kld)} at ${formatBytes(chosen.bytes)}.`,
  };
}

function forMachines(bySize: readonly Candidate[], isCloser: IsCloser): Recommendation[] {
  const found: Recommendation[] = [];
  for (const gigabytes of machines) {
    const fitting = bySize.filter(({ memoryBytes }) => memoryBytes <= gigabytes * 1e9);
    if (fitting.length === 0) continue;
    const chosen = closest(fitting, isCloser);
    if (found.at(-1)?.subject !== chosen.id) {
      const basis = chosen.memoryIsMeasured ? 'measured peak' : 'estimated from the file';
      found.push({
        purpose: `fits ${gigabytes} GB`,
        subject: chosen.id,
        reason: `The closest of the ${fitting.length} that fit: needs ${formatBytes(chosen.memoryBytes)} (${basis}), mean KLD ${kldText(chosen.kld)}.`,
      });
    }
    if (fitting.length === bySize.length) break;
  }
  return found;
}

/** The smallest that nothing is measurably closer than; the least mean KLD where that has no answer. */
function closest(bySize: readonly Candidate[], isCloser: IsCloser): Candidate {
  const unbeaten = bySize.find((one) => !bySize.some((other) => isCloser(other, one)));
  return unbeaten ?? bySize.toSorted((left, right) => left.kld - right.kld)[0]!;
}

/** Another one of no more bytes that is measurably closer, if there is one. */
function betterAtThatSize(
  chosen: Candidate,
  bySize: readonly Candidate[],
  isCloser: IsCloser,
): Candidate {
  const rivals = bySize.filter(({ bytes }) => bytes <= chosen.bytes);
  return rivals.find((rival) => isCloser(rival, chosen)) ?? chosen;
}

function nothingPasses(
  purpose: string,
  bySize: readonly Candidate[],
  isCloser: IsCloser,
  gate: number,
  where = '',
): Recommendation {
  const chosen = closest(bySize, isCloser);
  const scope = where === '' ? '' : ` ${where}`;
  return {
    purpose,
    subject: chosen.id,
    reason: `None stays below ${gate}${scope}; the closest is ${chosen.label} with ${kldText(where === '' ? chosen.kld : chosen.worstKld)}: add a larger level.`,
  };
}

/** Three significant digits. */
export function kldText(value: number): string {
  return value === 0 ? '0' : Number(value.toPrecision(3)).toString();
}

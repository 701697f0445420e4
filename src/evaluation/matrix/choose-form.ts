// Which form of an adapter to ship at a level: switched on at run time, or merged into the weights. Said only where the
// paired difference is beyond doubt; where it is not, what else decides is told.
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { Comparison } from '#src/contract/quality/ranking.ts';
import type { MatrixCell } from '#src/contract/quality/run.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { compareSubjects } from '../ranking/compare-subjects.ts';

export type ShippedForm = MatrixCell['ship'];

/** Both forms of one adapter at one level, on one text. */
export interface FormPair {
  /** The text's title. */
  readonly title: string;
  readonly runTime: Measurement;
  readonly merged: Measurement;
}

export interface ShippingSizes {
  readonly adapters: number;
  /** One quantized base, and all adapters beside it. */
  readonly runTimeBytes: number;
  /** A merged file per adapter. */
  readonly mergedBytes: number;
}

/**
 * The adapter is there for its own text, so that decides; where it shows no difference, general text does. `general` is
 * absent where it is the adapter's own text.
 */
export function chooseForm(
  own: FormPair,
  general: FormPair | undefined,
  sizes: ShippingSizes,
): { ship: ShippedForm; reason: string } {
  const ofOwn = compare(own);
  const ofGeneral = general && compare(general);
  const onOwn = winnerOf(ofOwn);
  const onGeneral = winnerOf(ofGeneral);
  if (onOwn !== undefined) {
    const rest =
      general === undefined
        ? ''
        : onGeneral === undefined
          ? `; on ${general.title} there is no measurable difference`
          : onGeneral === onOwn
            ? `, and on ${general.title} too`
            : `, although ${nameOf(onGeneral)} is closer on ${general.title} (${figures(general, onGeneral)})`;
    return { ship: onOwn, reason: `${sentenceStart(onOwn)} is closer on ${own.title} (${figures(own, onOwn)})${rest}.` }; // prettier-ignore
  }
  if (onGeneral !== undefined && general !== undefined) {
    return {
      ship: onGeneral,
      reason: `No measurable difference on ${own.title}; ${nameOf(onGeneral)} is closer on ${general.title} (${figures(general, onGeneral)}).`,
    };
  }
  const where = general === undefined ? own.title : `${own.title} and ${general.title}`;
  const { adapters, runTimeBytes, mergedBytes } = sizes;
  const count = adapters === 1 ? 'the adapter' : `all ${adapters} adapters`;
  return {
    ship: 'either',
    reason: `No measurable difference on ${where}: merged runs in any program (${formatBytes(mergedBytes)} for ${count}), run time shares one base (${formatBytes(runTimeBytes)}).`,
  };
}

type Winner = Exclude<ShippedForm, 'either'>;

function compare({ runTime, merged }: FormPair): Comparison | undefined {
  const [left, right] = [{ id: 'run-time', measurements: [runTime] }, { id: 'merged', measurements: [merged] }] as const; // prettier-ignore
  return compareSubjects(left, right);
}

function winnerOf(comparison: Comparison | undefined): Winner | undefined {
  if (comparison === undefined || comparison.verdict === 'no difference') return undefined;
  return comparison.verdict === 'closer' ? 'run-time' : 'merged';
}

function nameOf(form: Winner): string {
  return form === 'merged' ? 'merged' : 'run time';
}

function sentenceStart(form: Winner): string {
  return form === 'merged' ? 'Merged' : 'Run time';
}

/** The winner's KLD first. */
function figures({ runTime, merged }: FormPair, winner: Winner): string {
  const [better, worse] = winner === 'merged' ? [merged, runTime] : [runTime, merged];
  return `KLD ${kldText(better)} against ${kldText(worse)}`;
}

function kldText({ kld }: Measurement): string {
  return kld.mean.value.toPrecision(3);
}

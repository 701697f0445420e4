// Whether measured files pass the gate of their evaluate step, and what is said when one does not. Pure.
import {
  maximumFigures,
  type MeasuredFigure,
  type MeasuredNode,
} from '#src/contract/measured-node.ts';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';

export interface Gate {
  readonly gate?: number | undefined;
  readonly gateSameTop?: number | undefined;
}

/** A subject on a text, with the names that people know them by. */
export interface NamedMeasurement {
  readonly subject: string;
  readonly level: string;
  readonly text: string;
  readonly measurement: Pick<Measurement, 'kld' | 'sameTop'>;
}

export function hasGate({ gate, gateSameTop }: Gate): boolean {
  return gate !== undefined || gateSameTop !== undefined;
}

/** Throws `evaluation/suites` for a gate that nothing would be held against: tasks have no KLD. */
export function checkGateHasText(
  { id, label, ...gate }: NodeOf<'evaluate'>,
  { texts }: { readonly texts: readonly unknown[] },
): void {
  if (!hasGate(gate) || texts.length > 0) return;
  throw new StudioError(
    'evaluation/suites',
    `The gate of "${label ?? id}" is a limit for text, but its suites are questions.`,
    { hint: 'Add a suite of text, or leave the gate out.' },
  );
}

/** Figures with their verdicts, the largest mean KLD first. */
export function figuresOf(measured: readonly NamedMeasurement[], gate: Gate): MeasuredFigure[] {
  return measured
    .map(({ subject, level, text, measurement: { kld, sameTop } }) => ({
      subject,
      level,
      text,
      kld: kld.mean,
      sameTop,
      ...(hasGate(gate) ? { passed: passes(kld.mean.value, sameTop.value, gate) } : {}),
    }))
    .sort((left, right) => right.kld.value - left.kld.value);
}

/** The means themselves decide; a value that is no number passes nothing. */
function passes(kld: number, sameTop: number, { gate, gateSameTop }: Gate): boolean {
  return (
    (gate === undefined || kld <= gate) && (gateSameTop === undefined || sameTop >= gateSameTop)
  );
}

/** What a node of the canvas and a build's result say. */
export function measuredNode(
  { id, gate, gateSameTop }: NodeOf<'evaluate'>,
  figures: readonly MeasuredFigure[],
  run: { readonly id: string; readonly path: string; readonly reused: boolean },
): MeasuredNode {
  const limits = { gate, gateSameTop };
  // Those that fail come first where not all are shown.
  const ordered = [...figures].sort((left, right) => rank(left) - rank(right));
  return {
    node: id,
    run: run.id,
    path: run.path,
    reused: run.reused,
    ...(gate === undefined ? {} : { gate }),
    ...(gateSameTop === undefined ? {} : { gateSameTop }),
    ...(hasGate(limits) ? { passed: figures.every(({ passed }) => passed !== false) } : {}),
    figures: ordered.slice(0, maximumFigures),
  };
}

function rank({ passed }: MeasuredFigure): number {
  return passed === false ? 0 : 1;
}

/** Level, figure, gate and text of the worst figure; undefined when all pass. */
export function gateError(
  { id, label, gate, gateSameTop }: NodeOf<'evaluate'>,
  figures: readonly MeasuredFigure[],
): StudioError | undefined {
  const failed = figures.filter(({ passed }) => passed === false);
  const [worst] = failed;
  if (worst === undefined) return undefined;
  const { subject, text, kld, sameTop } = worst;
  const name = label ?? id;
  const isKld = gate !== undefined && !(kld.value <= gate);
  const what = isKld
    ? `${subject} has a mean KLD of ${plusMinus(kld)} on "${text}"; the gate of "${name}" is ${gate}.`
    : `${subject} has the unquantized model's most probable token at ${percent(sameTop.value)} of the positions of "${text}" (same top); the gate of "${name}" is ${percent(gateSameTop ?? 0)}.`;
  const others = failed.length - 1;
  const more =
    others === 0 ? '' : ` ${others} more ${others === 1 ? 'figure fails' : 'figures fail'}.`;
  return new StudioError('evaluation/gate', `${what}${more}`, {
    hint: 'Choose a larger level, weigh the rounding with an importance matrix, or loosen the gate.',
    details: { node: id, figures: failed.slice(0, maximumFigures) },
  });
}

/** The same error, which also says that further files were refused: `files` is how many did not pass in all. */
export function withRefusedFiles(error: StudioError, files: number): StudioError {
  if (files < 2) return error;
  const message = `${error.message} In all, ${files} files did not pass.`;
  return new StudioError('evaluation/gate', message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: error.details,
    cause: error,
  });
}

/** Four digits of the value, the error in the same places. */
function plusMinus({ value, error }: { value: number; error: number }): string {
  return `${formatKld(value)} ± ${formatKld(error)}`;
}

export function formatKld(value: number): string {
  return Math.abs(value) >= 1e-4 || value === 0 ? value.toFixed(5) : value.toExponential(2);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

// Where a column's answer first differs from column one's: both tokens, and how likely each model holds either.
import { Fragment, useState } from 'react';
import type { FirstDifference } from '#src/contract/column.ts';
import {
  differenceLines,
  formatProbability,
  formatToken,
  type DifferenceLine,
} from '../logic/difference-mark.ts';
import css from './difference-card.module.css';

export interface DifferenceCardProps {
  difference: FirstDifference;
  /** What the columns are called. */
  nameOf: (column: string) => string;
}

export function DifferenceCard({ difference, nameOf }: DifferenceCardProps) {
  const [open, setOpen] = useState(false);
  const { position, reason } = difference;
  const [first] = difference.sides;
  if (position === null) {
    return (
      <p className={css.quiet}>
        {reason ??
          (first === undefined
            ? 'The same answer as the first column.'
            : `The same answer as ${nameOf(first.column)}.`)}
      </p>
    );
  }
  const lines = differenceLines(difference);
  return (
    <button
      type="button"
      className={css.card}
      aria-expanded={open}
      title={open ? 'Hide the likeliest tokens' : 'Show the likeliest tokens of each model there'}
      onClick={() => setOpen(!open)}
    >
      <span className="label">First difference · token {position + 1}</span>
      {lines.map((line) => (
        <Line key={line.column} line={line} name={nameOf(line.column)} open={open} />
      ))}
      {reason !== undefined && <span className={css.reason}>{reason}</span>}
    </button>
  );
}

function Line({ line, name, open }: { line: DifferenceLine; name: string; open: boolean }) {
  const shown = open
    ? line.likely
    : line.tokens.map(({ token, probability }) => ({ token, probability }));
  return (
    <span className={css.line}>
      <span className={css.name}>{name}</span>
      <span className={`num ${css.tokens ?? ''}`}>
        {shown.map(({ token, probability }, index) => (
          <Fragment key={index}>
            {index > 0 && ' · '}
            <span className={css.token}>
              {formatToken(token)} {formatProbability(probability)}
            </span>
          </Fragment>
        ))}
      </span>
    </span>
  );
}

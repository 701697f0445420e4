// How weak the word list is that reads emotions where the family has no model for it: measured by the studio on the sentences
// that docs/routing.md reports, so that no figure stands here by hand.
import { useEffect } from 'react';
import type { StudioResult } from '#renderer/studio-client.ts';
import { loadLexiconFigures } from '../state/lexicon-figures.ts';
import { useRouter } from '../state/router-store.ts';
import css from './edit.module.css';

type LexiconFigures = StudioResult<'measureLexicon'>;

export function LexiconNote() {
  const figures = useRouter((store) => store.lexicon);
  useEffect(() => void loadLexiconFigures(), []);
  return (
    <p className={css.text}>
      Read by a small word list, which is weak{figures === undefined ? '.' : `: ${worth(figures)}.`}{' '}
      A companion of the role emotion takes its place.
    </p>
  );
}

function worth({ labels, accuracy, right }: LexiconFigures): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return `of ${accuracy.count} test sentences it names the right one of ${labels} feelings for ${percent(accuracy.value)} (95 % interval ${percent(accuracy.low)} to ${percent(accuracy.high)}); of the feelings that it names, ${percent(right.value)} (${right.hits} of ${right.count}) were there`;
}

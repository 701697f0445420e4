// The round of a blind vote, above the prompt: what to do, the votes, and after it who was who.
import { Button } from '#renderer/ui/button.tsx';
import { candidateName, letterOf } from '../logic/column-name.ts';
import {
  canVote,
  endBlindRound,
  shownColumns,
  startBlindRound,
  vote,
} from '../state/blind-actions.ts';
import { isAnyBusy, useChat } from '../state/chat-store.ts';
import css from './composer.module.css';

export function BlindBar() {
  const state = useChat();
  const { blind } = state;
  if (blind === undefined) return null;
  const columns = shownColumns(state);
  if (blind.outcome !== undefined) {
    const { winner } = blind.outcome;
    const nameAt = (index: number) => {
      const model = columns[index]?.model ?? null;
      return model === null ? 'no model' : candidateName(model);
    };
    return (
      <div className={css.bar} role="status">
        <div className={css.words}>
          <p>
            {winner === null ? 'A tie.' : `${letterOf(winner)} won: ${nameAt(winner)}.`} The vote is
            stored; the columns show their names.
          </p>
        </div>
        <Button onClick={() => useChat.setState({ tallyOpen: true })}>Show tally</Button>
        <Button onClick={startBlindRound}>Next round</Button>
        <Button variant="quiet" onClick={endBlindRound}>
          Leave blind vote
        </Button>
      </div>
    );
  }
  const ready = canVote(state);
  return (
    <div className={css.bar} role="group" aria-label="Blind vote">
      <div className={css.words} role="status">
        {ready ? (
          <p>Which answer is best? Names are shown after your vote.</p>
        ) : (
          <p className={css.muted}>
            {isAnyBusy(state)
              ? 'The columns are shuffled. Their answers appear together, so that speed gives nothing away.'
              : 'The columns are shuffled and unnamed. Ask them all something, then vote.'}
          </p>
        )}
      </div>
      {ready && (
        <>
          {columns.map(({ id }, index) => (
            <Button key={id} shortcut={String(index + 1)} onClick={() => void vote(index)}>
              {letterOf(index)} is best
            </Button>
          ))}
          <Button shortcut="0" onClick={() => void vote(null)}>
            Tie
          </Button>
        </>
      )}
      <Button variant="quiet" onClick={endBlindRound}>
        Leave
      </Button>
    </div>
  );
}

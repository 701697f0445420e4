// Votes over all conversations of the workspace, with how little so few votes may say.
import { useEffect } from 'react';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { tallyLines } from '../logic/tally.ts';
import { readTally } from '../state/blind-actions.ts';
import { useChat } from '../state/chat-store.ts';
import css from './model-dialog.module.css';

export function TallyDialog() {
  const tally = useChat((state) => state.tally);
  useEffect(() => void readTally(), []);
  const lines = tallyLines(tally ?? []);
  const votes = lines.reduce((sum, line) => sum + line.votes, 0);
  return (
    <Dialog
      open
      onClose={() => useChat.setState({ tallyOpen: false })}
      title="Tally of blind votes"
      width={640}
    >
      {lines.length === 0 ? (
        <p className={css.muted}>
          No votes yet. Press Blind vote, ask all columns, and choose the better answer without
          knowing whose it is.
        </p>
      ) : (
        <>
          <table className={css.tally}>
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col">Wins</th>
                <th scope="col">Ties</th>
                <th scope="col">Losses</th>
                <th scope="col">Share won</th>
                <th scope="col">95 % interval</th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={line.model}>
                  <td>{line.model}</td>
                  <td className="num">{line.wins}</td>
                  <td className="num">{line.ties}</td>
                  <td className="num">{line.losses}</td>
                  <td className="num">{percent(line.rate)}</td>
                  <td className="num">
                    <div className={css.interval} aria-hidden="true">
                      <span
                        style={{
                          left: `${line.low * 100}%`,
                          width: `${(line.high - line.low) * 100}%`,
                        }}
                      />
                      <i style={{ left: `${line.rate * 100}%` }} />
                    </div>
                    {percent(line.low)} – {percent(line.high)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className={css.muted}>
            Over all conversations of this workspace. A tie counts as half a win. The interval
            (Wilson, 95 %) says where the true share may lie after so few votes
            {votes < 40 ? '; intervals that overlap do not tell the models apart.' : '.'}
          </p>
        </>
      )}
    </Dialog>
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

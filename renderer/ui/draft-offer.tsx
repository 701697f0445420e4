// Bars above a document: edits that a window left unsaved when it ended, and whatever else wants a word before work goes on.
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import css from './draft-offer.module.css';

export interface OfferedDraft {
  /** Names the draft to the studio. */
  readonly document: string;
  readonly title: string;
  readonly changedAt: number;
}

export interface DraftOfferProps<D extends OfferedDraft> {
  readonly drafts: readonly D[];
  readonly onRestore: (draft: D) => void;
  readonly onDiscard: (draft: D) => void;
}

export function DraftOffer<D extends OfferedDraft>({
  drafts,
  onRestore,
  onDiscard,
}: DraftOfferProps<D>) {
  if (drafts.length === 0) return null;
  return (
    <div className={css.offers}>
      {drafts.map((draft) => (
        <NoticeBar
          key={draft.document}
          text={
            <>
              Unsaved edits of <strong>{draft.title}</strong> from {timeOf(draft.changedAt)}
            </>
          }
        >
          <Button variant="primary" onClick={() => onRestore(draft)}>
            Restore
          </Button>
          <Button onClick={() => onDiscard(draft)}>Discard</Button>
        </NoticeBar>
      ))}
    </div>
  );
}

/** One bar: what is the matter, and the ways on. */
export function NoticeBar({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <div className={css.bar} role="status">
      <p>{text}</p>
      {children}
    </div>
  );
}

/** `12:31`, or with the day when it was another one. */
function timeOf(time: number): string {
  const date = new Date(time);
  const clock = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return date.toDateString() === new Date().toDateString()
    ? clock
    : `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${clock}`;
}

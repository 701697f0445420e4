// Edits that a window left unsaved when it ended: take them up again, or let them go.
import type { RecipeDraft } from '#src/contract/studio/recipes.ts';
import { Button } from '#renderer/ui/button.tsx';
import { discardDraft, restoreDraft } from './document-files.ts';
import css from './workflow-screen.module.css';

export interface DraftOfferProps {
  drafts: readonly RecipeDraft[];
  onChange: (left: readonly RecipeDraft[]) => void;
}

export function DraftOffer({ drafts, onChange }: DraftOfferProps) {
  return (
    <div className={css.offers}>
      {drafts.map((draft) => {
        const done = () => onChange(drafts.filter((one) => one !== draft));
        return (
          <div key={draft.document} className={css.bar} role="status">
            <p>
              Unsaved edits of <strong>{draft.title}</strong> from {timeOf(draft.changedAt)}
            </p>
            <Button
              variant="primary"
              onClick={() => {
                done();
                void restoreDraft(draft);
              }}
            >
              Restore
            </Button>
            <Button
              onClick={() => {
                done();
                void discardDraft(draft);
              }}
            >
              Discard
            </Button>
          </div>
        );
      })}
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

// Shows what notify.ts holds, at the lower right but never over a primary action, announced to screen readers.
import { CircleAlert, CircleCheck, Info, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button, IconButton } from './button.tsx';
import { useExternalStore } from './external-store.ts';
import { closeNotice, notices, type Notice } from './notify.ts';
import css from './toaster.module.css';
import { useClearPlace } from './use-clear-place.ts';

const icons = { info: Info, success: CircleCheck, error: CircleAlert } as const;

export function Toaster() {
  const shown = useExternalStore(notices);
  const stack = useRef<HTMLElement>(null);
  const place = useClearPlace(stack, shown.length > 0);
  return (
    <section
      ref={stack}
      className={css.toaster}
      style={place}
      aria-label="Notices"
      aria-live="polite"
    >
      {shown.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function Toast({ notice }: { notice: Notice }) {
  useEffect(() => {
    if (!Number.isFinite(notice.lasts)) return;
    const timer = setTimeout(() => closeNotice(notice.id), notice.lasts);
    return () => clearTimeout(timer);
  }, [notice]);
  const Icon = icons[notice.tone];
  return (
    <div className={css.toast} role={notice.tone === 'error' ? 'alert' : 'status'}>
      <Icon aria-hidden="true" className={css[notice.tone]} />
      <div className={css.words}>
        <p>{notice.message}</p>
        {notice.hint !== undefined && <p className={css.hint}>{notice.hint}</p>}
        {notice.action !== undefined && (
          <Button
            onClick={() => {
              notice.action?.onSelect();
              closeNotice(notice.id);
            }}
          >
            {notice.action.label}
          </Button>
        )}
      </div>
      <IconButton label="Close" tooltipSide="left" onClick={() => closeNotice(notice.id)}>
        <X aria-hidden="true" />
      </IconButton>
    </div>
  );
}

// Short messages at the corner: what was done, or what went wrong with the way on. Shown by toaster.tsx.
import { describeError, type ErrorLike } from './describe-error.ts';
import { createExternalStore } from './external-store.ts';

export interface Notice {
  readonly id: number;
  readonly tone: 'info' | 'success' | 'error';
  readonly message: string;
  readonly hint?: string | undefined;
  readonly action?: NoticeAction | undefined;
  /** Milliseconds; errors stay until they are closed. */
  readonly lasts: number;
}

export interface NoticeAction {
  readonly label: string;
  readonly onSelect: () => void;
}

export const notices = createExternalStore<readonly Notice[]>([]);
let nextId = 1;
const mostShown = 4;

function show(notice: Omit<Notice, 'id'>): void {
  const others = notices.get().filter(({ message }) => message !== notice.message);
  notices.set([...others, { ...notice, id: nextId++ }].slice(-mostShown));
}

export function closeNotice(id: number): void {
  notices.set(notices.get().filter((notice) => notice.id !== id));
}

export const notify = {
  info(message: string, action?: NoticeAction): void {
    show({ tone: 'info', message, action, lasts: 6000 });
  },
  success(message: string, action?: NoticeAction): void {
    show({ tone: 'success', message, action, lasts: 5000 });
  },
  /** Shows anything thrown; what was cancelled is no error and stays unsaid. */
  error(error: unknown, action?: NoticeAction): void {
    const described: ErrorLike | undefined = describeError(error);
    if (described === undefined) return;
    show({
      tone: 'error',
      message: described.message,
      hint: described.hint,
      action,
      lasts: Infinity,
    });
  },
};

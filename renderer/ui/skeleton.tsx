// A quiet place while a screen's code or data is on its way; it only shows after a moment, so fast loads do not flash.
import css from './skeleton.module.css';

export function Skeleton({ label = 'Loading' }: { label?: string }) {
  return (
    <div className={css.skeleton} role="status">
      <span className="visually-hidden">{label}</span>
      <i />
      <i />
      <i />
    </div>
  );
}

// A level's name with its one colour, the same everywhere.
import { levelColor } from '#renderer/theme/level-color.ts';
import css from './level-tag.module.css';

export function LevelTag({ level }: { level: string }) {
  return (
    <span className={css.tag}>
      <i aria-hidden="true" style={{ background: levelColor(level) }} />
      {level}
    </span>
  );
}

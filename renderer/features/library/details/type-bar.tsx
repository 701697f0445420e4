// A file's bytes by element type as one bar, with a legend that says the same in words.
import type { TypeTotal } from '#src/contract/inspection.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { levelColor } from '#renderer/theme/level-color.ts';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import css from './details.module.css';

export function TypeBar({ types }: { types: readonly TypeTotal[] }) {
  const total = types.reduce((sum, { bytes }) => sum + bytes, 0);
  const share = (bytes: number) => (total === 0 ? 0 : (bytes / total) * 100);
  return (
    <div>
      <div className={css.bar} aria-hidden="true">
        {types.map(({ type, bytes }) => (
          <i
            key={type}
            style={{ width: `${share(bytes)}%`, background: levelColor(type) }}
            title={`${type}: ${formatBytes(bytes)}`}
          />
        ))}
      </div>
      <dl className={css.facts}>
        {types.map(({ type, tensors, bytes }) => (
          <div key={type}>
            <dt className={css.legend}>
              <LevelTag level={type} />
              {tensors === 1 ? 'one tensor' : `${tensors} tensors`}
            </dt>
            <dd className="num">
              {formatBytes(bytes)} · {share(bytes).toFixed(1)} %
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

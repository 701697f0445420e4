// The tokens that the map is drawn with: a canvas cannot use CSS variables, so they are read anew whenever the theme changes.
import { useEffect, useState } from 'react';
import type { FileSegment } from '#src/contract/doctor/diagnosis.ts';
import { levelColor } from '#renderer/theme/level-color.ts';

/** Value of a token: `--bad`, or `var(--level-q4)`. */
export type ColorOf = (token: string) => string;

export function useThemeColors(): ColorOf {
  const [colors, setColors] = useState<ColorOf>(() => readColors());
  useEffect(() => {
    const observer = new MutationObserver(() => setColors(() => readColors()));
    observer.observe(document.documentElement, {
      attributes: true,
      attributeFilter: ['data-theme'],
    });
    return () => observer.disconnect();
  }, []);
  return colors;
}

function readColors(): ColorOf {
  const style = getComputedStyle(document.documentElement);
  const known = new Map<string, string>();
  return (token) => {
    const name = /^var\((--[\w-]+)\)$/.exec(token)?.[1] ?? token;
    let value = known.get(name);
    if (value === undefined) {
      value = style.getPropertyValue(name).trim();
      known.set(name, value);
    }
    return value;
  };
}

/** Token and strength of a part's tint. A tensor has the colour of its type, as everywhere. */
export function tintOf({ kind, type }: Pick<FileSegment, 'kind' | 'type'>): {
  readonly token: string;
  readonly alpha: number;
} {
  switch (kind) {
    case 'tensor':
      return { token: levelColor(type ?? ''), alpha: 0.34 };
    case 'header':
      return { token: '--text', alpha: 0.42 };
    case 'metadata':
      return { token: '--faint', alpha: 0.42 };
    case 'tensor-list':
      return { token: '--faint', alpha: 0.26 };
    case 'adapter':
      return { token: '--accent', alpha: 0.38 };
    case 'tail':
      return { token: '--faint', alpha: 0.16 };
    case 'unknown':
      return { token: '--warn', alpha: 0.22 };
    case 'missing':
      return { token: '--bad', alpha: 0.1 };
    case 'padding':
      return { token: '--line', alpha: 0.6 };
  }
}

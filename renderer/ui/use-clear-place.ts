// Keeps notices off what carries `data-keep-clear`: primary and danger buttons, and the chat's composer as a whole. Screens
// and dialogs come and go under a notice that stays, so the place is measured again several times a second while one is up.
import { useLayoutEffect, useState, type RefObject } from 'react';
import { clearPlace, type Stretch } from './clear-place.ts';

/** Between the top bar and the status bar, with a little air. */
const edges = { top: 52, bottom: 44 } as const;
/** Milliseconds. */
const interval = 250;

export interface ClearPlace {
  readonly bottom: number;
  readonly maxHeight: number;
  /** Scrolls where there is less room than it needs; else its shadow may stand out. */
  readonly overflowY: 'auto' | 'visible';
}

/** Where `element` has its bottom edge and how high it may be, in pixels; measured while `active`. */
export function useClearPlace(
  element: RefObject<HTMLElement | null>,
  active: boolean,
): ClearPlace | undefined {
  const [place, setPlace] = useState<ClearPlace>();
  useLayoutEffect(() => {
    if (!active) return;
    const look = () => {
      if (element.current === null) return;
      const { top, bottom } = findPlace(element.current);
      const isHigher = element.current.scrollHeight > bottom - top;
      const next: ClearPlace = {
        bottom: window.innerHeight - bottom,
        maxHeight: bottom - top,
        overflowY: isHigher ? 'auto' : 'visible',
      };
      setPlace((last) => (isSame(last, next) ? last : next));
    };
    look();
    const timer = setInterval(look, interval);
    window.addEventListener('resize', look);
    return () => {
      clearInterval(timer);
      window.removeEventListener('resize', look);
    };
  }, [element, active]);
  return place;
}

function isSame(one: ClearPlace | undefined, other: ClearPlace): boolean {
  return (
    one?.bottom === other.bottom &&
    one.maxHeight === other.maxHeight &&
    one.overflowY === other.overflowY
  );
}

function findPlace(element: HTMLElement): Stretch {
  const { left, right } = element.getBoundingClientRect();
  const obstacles = [...document.querySelectorAll('[data-keep-clear]')]
    .filter((other) => !element.contains(other))
    .map((other) => other.getBoundingClientRect())
    .filter((box) => box.width > 0 && box.left < right && box.right > left);
  const within = { top: edges.top, bottom: window.innerHeight - edges.bottom };
  // Its whole height, also while it scrolls.
  return clearPlace(element.scrollHeight, within, obstacles);
}

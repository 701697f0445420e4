// The line between two parts that can be dragged or moved with the arrow keys, and the size that it remembers.
import { useCallback, useState, type PointerEvent } from 'react';
import css from './resize-handle.module.css';

export interface ResizeHandleProps {
  /** Accessible name: `Size of the jobs drawer`. */
  label: string;
  /** `horizontal` is a lying line that changes a height. */
  orientation: 'horizontal' | 'vertical';
  value: number;
  minimum: number;
  maximum: number;
  onChange: (value: number) => void;
}

/** Stands before the part that it sizes: dragging up or to the left makes that part larger. */
export function ResizeHandle({
  label,
  orientation,
  value,
  minimum,
  maximum,
  onChange,
}: ResizeHandleProps) {
  const clamp = (size: number) => Math.round(Math.min(maximum, Math.max(minimum, size)));
  const position = (event: PointerEvent | globalThis.PointerEvent) =>
    orientation === 'horizontal' ? event.clientY : event.clientX;

  function onPointerDown(event: PointerEvent<HTMLDivElement>): void {
    if (event.button !== 0) return;
    event.preventDefault();
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const start = position(event);
    const move = (moved: globalThis.PointerEvent) =>
      onChange(clamp(value + start - position(moved)));
    const stop = () => {
      handle.removeEventListener('pointermove', move);
      handle.removeEventListener('pointerup', stop);
      handle.removeEventListener('pointercancel', stop);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', stop);
    handle.addEventListener('pointercancel', stop);
  }

  return (
    <div
      role="separator"
      aria-label={label}
      aria-orientation={orientation}
      aria-valuenow={value}
      aria-valuemin={minimum}
      aria-valuemax={maximum}
      tabIndex={0}
      className={css[orientation]}
      onPointerDown={onPointerDown}
      onKeyDown={(event) => {
        const step = event.shiftKey ? 80 : 16;
        const grow = orientation === 'horizontal' ? 'ArrowUp' : 'ArrowLeft';
        const shrink = orientation === 'horizontal' ? 'ArrowDown' : 'ArrowRight';
        if (event.key !== grow && event.key !== shrink) return;
        event.preventDefault();
        onChange(clamp(value + (event.key === grow ? step : -step)));
      }}
    />
  );
}

/** A first size in pixels: this share of the window, and not below `least` while that leaves most of it free. */
export function shareOfWindow(share: number, least: number): number {
  return Math.round(Math.max(Math.min(least, window.innerWidth * 0.4), window.innerWidth * share));
}

/** A size in pixels that the browser remembers under a name. */
export function useStoredSize(name: string, initial: number): [number, (size: number) => void] {
  const key = `gguf-studio.size.${name}`;
  const [size, setSize] = useState(() => {
    try {
      const stored = Number(localStorage.getItem(key));
      return Number.isFinite(stored) && stored > 0 ? stored : initial;
    } catch {
      return initial;
    }
  });
  const change = useCallback(
    (next: number) => {
      setSize(next);
      try {
        localStorage.setItem(key, String(next));
      } catch {
        // Without storage the size is kept until the window is closed.
      }
    },
    [key],
  );
  return [size, change];
}

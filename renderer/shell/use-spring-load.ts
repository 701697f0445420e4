// A drag that rests on the name of a screen opens it, so that one drag leads from the library to the canvas.
import { useEffect, useRef, type DragEvent } from 'react';
import { carriesFiles } from '#renderer/stores/dragged-files.ts';

/** Milliseconds that a drag rests before the screen changes. */
const rest = 600;

export interface SpringLoad {
  onDragEnter(event: DragEvent): void;
  onDragOver(event: DragEvent): void;
  onDragLeave(event: DragEvent): void;
  onDrop(event: DragEvent): void;
}

/** Handlers of the element; `open` is called once per drag that rests on it. */
export function useSpringLoad(open: () => void): SpringLoad {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const stop = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
  };
  useEffect(() => stop, []);
  return {
    onDragEnter(event) {
      if (!carriesFiles(event.dataTransfer) || timer.current !== undefined) return;
      timer.current = setTimeout(open, rest);
    },
    onDragOver(event) {
      // Allowed, so that the pointer does not say that it leads nowhere.
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    },
    onDragLeave(event) {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) stop();
    },
    onDrop(event) {
      event.preventDefault();
      stop();
      open();
    },
  };
}

// Dropping files on a screen: whether some hover over it, and the handlers that its element needs.
import { useState, type DragEvent } from 'react';

export interface FileDrop {
  readonly dropping: boolean;
  readonly handlers: {
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: (event: DragEvent<HTMLElement>) => void;
    readonly onDrop: (event: DragEvent) => void;
  };
}

/** `accepts` tells which drags may be dropped here, `take` gets what was. */
export function useFileDrop(
  accepts: (transfer: DataTransfer) => boolean,
  take: (transfer: DataTransfer) => void,
): FileDrop {
  const [dropping, setDropping] = useState(false);
  return {
    dropping,
    handlers: {
      onDragOver(event) {
        if (!accepts(event.dataTransfer)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setDropping(true);
      },
      onDragLeave(event) {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropping(false);
      },
      onDrop(event) {
        event.preventDefault();
        setDropping(false);
        take(event.dataTransfer);
      },
    },
  };
}

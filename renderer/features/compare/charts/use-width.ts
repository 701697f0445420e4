// The width that a chart has: charts are drawn in real pixels, so that their text keeps its size.
import { useEffect, useRef, useState, type RefObject } from 'react';

/** A reference for the element that is measured, and its content width in whole pixels (`first` until it is known). */
export function useWidth<Element extends HTMLElement>(
  first: number,
): [RefObject<Element | null>, number] {
  const element = useRef<Element>(null);
  const [width, setWidth] = useState(first);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([box]) => {
      if (box !== undefined) setWidth(Math.max(200, Math.floor(box.contentRect.width)));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

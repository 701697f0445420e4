// Where the window was, so that it opens there again. A place on a display that is gone is given up, a size larger than the
// display is cut.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState {
  readonly bounds: Rectangle | undefined;
  readonly maximized: boolean;
}

export const smallestSize = { width: 1024, height: 640 } as const;
export const usualSize = { width: 1440, height: 900 } as const;
/** How much of the title must be on a display for the window to be grasped, in pixels. */
const graspable = 80;

const fileName = 'window.json';

/** What was kept, or nothing when there is no such file or it makes no sense. */
export function readWindowState(home: string): WindowState {
  try {
    const value: unknown = JSON.parse(readFileSync(join(home, fileName), 'utf8'));
    if (typeof value !== 'object' || value === null) return { bounds: undefined, maximized: false };
    const { bounds, maximized } = value as { bounds?: unknown; maximized?: unknown };
    return {
      bounds: isRectangle(bounds) ? bounds : undefined,
      maximized: maximized === true,
    };
  } catch {
    return { bounds: undefined, maximized: false };
  }
}

/** Keeps the state. A place that cannot be written to only loses the window's position. */
export function writeWindowState(home: string, state: WindowState): void {
  try {
    // Small, and written while the window closes, when nothing asynchronous may be waited for.
    writeFileSync(join(home, fileName), `${JSON.stringify(state)}\n`);
  } catch {
    // Told nowhere on purpose: see above.
  }
}

/** The bounds to open with: the kept ones where a display still shows them, else the usual size (and no place). */
export function fitBounds(
  bounds: Rectangle | undefined,
  workAreas: readonly Rectangle[],
): Partial<Rectangle> & { readonly width: number; readonly height: number } {
  const primary = workAreas[0];
  const shown = workAreas.find((area) => bounds !== undefined && showsTitle(bounds, area));
  if (bounds === undefined || shown === undefined) {
    return {
      width: Math.min(usualSize.width, primary?.width ?? usualSize.width),
      height: Math.min(usualSize.height, primary?.height ?? usualSize.height),
    };
  }
  return {
    x: bounds.x,
    y: bounds.y,
    width: Math.min(Math.max(bounds.width, smallestSize.width), shown.width),
    height: Math.min(Math.max(bounds.height, smallestSize.height), shown.height),
  };
}

function showsTitle(bounds: Rectangle, area: Rectangle): boolean {
  const left = Math.max(bounds.x, area.x);
  const right = Math.min(bounds.x + bounds.width, area.x + area.width);
  return (
    right - left >= graspable && bounds.y >= area.y && bounds.y <= area.y + area.height - graspable
  );
}

function isRectangle(value: unknown): value is Rectangle {
  if (typeof value !== 'object' || value === null) return false;
  const rectangle = value as Record<string, unknown>;
  return ['x', 'y', 'width', 'height'].every((side) => Number.isSafeInteger(rectangle[side]));
}

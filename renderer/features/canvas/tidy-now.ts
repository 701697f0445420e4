// Tidy with the sizes that nodes have on the screen; those that were never drawn are estimated.
import { tidy } from './canvas-actions.ts';
import { drawnSizes, fitAll } from './flow-view.ts';

export function tidyNow(): void {
  tidy(drawnSizes());
  requestAnimationFrame(fitAll);
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fitBounds, readWindowState, writeWindowState } from '#electron/main/window-state.ts';

const home = mkdtempSync(join(tmpdir(), 'studio-window-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const display = { x: 0, y: 0, width: 1920, height: 1080 };
const left = { x: -1920, y: 0, width: 1920, height: 1080 };

describe('the kept window state', () => {
  it('is read as it was written', () => {
    const state = { bounds: { x: 10, y: 20, width: 1200, height: 800 }, maximized: true };
    writeWindowState(home, state);
    expect(readWindowState(home)).toEqual(state);
  });

  it('is nothing when the file is missing or makes no sense', () => {
    const nothing = { bounds: undefined, maximized: false };
    expect(readWindowState(join(home, 'missing'))).toEqual(nothing);
    for (const text of ['', '{', 'null', '[]', '{"bounds":{"x":1.5,"y":0,"width":1,"height":1}}']) {
      writeFileSync(join(home, 'window.json'), text);
      expect([text, readWindowState(home)]).toEqual([text, nothing]);
    }
  });

  it('does not throw where it cannot be written', () => {
    expect(() =>
      writeWindowState(join(home, 'missing'), { bounds: undefined, maximized: false }),
    ).not.toThrow();
  });
});

describe('the bounds to open with', () => {
  it('are the kept ones on whatever display they are', () => {
    const bounds = { x: -1800, y: 50, width: 1300, height: 900 };
    expect(fitBounds(bounds, [display, left])).toEqual(bounds);
  });

  it('have no place when the display is gone or the title is out of reach', () => {
    const usual = { width: 1440, height: 900 };
    const lost = [
      { x: -1800, y: 50, width: 1300, height: 900 },
      { x: 1900, y: 50, width: 1300, height: 900 },
      { x: 100, y: 1075, width: 1300, height: 900 },
      { x: 100, y: -400, width: 1300, height: 900 },
    ];
    for (const bounds of lost) expect(fitBounds(bounds, [display])).toEqual(usual);
    expect(fitBounds(undefined, [display])).toEqual(usual);
  });

  it('are cut to the display and never smaller than what the window needs', () => {
    expect(fitBounds({ x: 0, y: 0, width: 4000, height: 3000 }, [display])).toEqual({
      x: 0,
      y: 0,
      width: 1920,
      height: 1080,
    });
    expect(fitBounds({ x: 0, y: 0, width: 200, height: 100 }, [display])).toEqual({
      x: 0,
      y: 0,
      width: 1024,
      height: 640,
    });
    expect(fitBounds(undefined, [{ x: 0, y: 0, width: 1280, height: 720 }])).toEqual({
      width: 1280,
      height: 720,
    });
  });
});

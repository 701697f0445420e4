import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStopTexts } from '#electron/engine/stop-texts.ts';

function run(stops: readonly string[], pieces: readonly string[]) {
  const texts = createStopTexts(stops);
  let shown = '';
  for (const piece of pieces) {
    const { text, stop } = texts.push(piece);
    shown += text;
    if (stop !== undefined) return { shown, stop };
  }
  return { shown: shown + texts.end(), stop: undefined };
}

describe('stop texts', () => {
  it('end an answer before a text that is spread over pieces', () => {
    expect(run(['END'], ['one E', 'N', 'D two'])).toEqual({ shown: 'one ', stop: 'END' });
  });

  it('show what only looked like one', () => {
    expect(run(['END'], ['one EN', 'D'.toLowerCase()])).toEqual({
      shown: 'one ENd',
      stop: undefined,
    });
    expect(run(['\n\n'], ['line\n'])).toEqual({ shown: 'line\n', stop: undefined });
  });

  it('take the first of several', () => {
    expect(run(['b', 'ab'], ['xab'])).toEqual({ shown: 'x', stop: 'ab' });
  });

  it('show the same however a text is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 30 }),
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), { maxLength: 3 }), // prettier-ignore
        fc.nat(),
        (text, stops, cut) => {
          const at = text.length === 0 ? 0 : cut % text.length;
          const pieces = [...text];
          const whole = run(stops, pieces);
          const ends = stops.map((stop) => text.indexOf(stop)).filter((index) => index !== -1);
          // Piece by piece the text that is complete first ends the answer.
          const firstEnd = Math.min(
            ...stops
              .filter((stop) => text.includes(stop))
              .map((stop) => text.indexOf(stop) + stop.length),
          );
          expect(whole.stop === undefined).toBe(ends.length === 0);
          if (whole.stop !== undefined) {
            expect(whole.shown + whole.stop).toBe(text.slice(0, firstEnd));
          } else {
            expect(run(stops, [text.slice(0, at), text.slice(at)]).shown).toBe(text);
          }
        },
      ),
    );
  });
});

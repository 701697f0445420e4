// Seeded damage to recipes: whatever the bytes are, reading ends quickly, with a recipe or with a StudioError.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import { canonicalRecipe } from '#src/recipe/canonical-recipe.ts';
import { parseModelMapping } from '#src/recipe/model-mapping.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import { decodeRecipe, encodeRecipe, newRecipeDocument } from '#src/recipe/recipe-file.ts';
import { bundledRecipe } from '#test/helpers/build-recipe.ts';

const cases = 4_000;
/** Generous for a shared machine; a quadratic or endless loop takes far longer. */
const slowestMilliseconds = 2_000;

const splices = [
  '{', '}', '[', ']', ',', ':', '"', '\\', '//', '/*', '*/', 'null', 'true', '-', '1e999', '-0', '0.1e-400', '9'.repeat(400),
  '"__proto__":{"x":1},', '"constructor":', '"\\ud800"', '\u0000', '\uFEFF', '[['.repeat(500), '{"a":'.repeat(200),
  '"kind":"merge"', '"from":"package"', '"to":"base"', '"levels":[]', '"as-is"', '"../../etc/passwd"', '"id":"base"', '"version":99',
]; // prettier-ignore

function mutate(original: Uint8Array, random: () => number): Uint8Array {
  let bytes = Uint8Array.from(original);
  const times = 1 + Math.floor(random() * 4);
  for (let time = 0; time < times; time++) {
    const at = Math.floor(random() * bytes.length);
    const choice = random();
    if (choice < 0.3) {
      bytes[at] = Math.floor(random() * 256);
    } else if (choice < 0.4) {
      bytes = bytes.slice(0, at);
    } else if (choice < 0.6) {
      const end = Math.min(bytes.length, at + Math.floor(random() * 200));
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(end)]);
    } else if (choice < 0.7) {
      const from = Math.floor(random() * bytes.length);
      const piece = bytes.slice(from, from + Math.floor(random() * 300));
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
    } else {
      const text = splices[Math.floor(random() * splices.length)] ?? '';
      const piece = new TextEncoder().encode(text);
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
    }
  }
  return bytes;
}

/** True when the input was accepted; anything thrown must be a StudioError with a message. */
function outcome(run: () => void): boolean {
  const start = performance.now();
  try {
    run();
    return true;
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    expect(error.message.length).toBeGreaterThan(5);
    expect(error.message.length).toBeLessThan(3_000);
    return false;
  } finally {
    expect(performance.now() - start).toBeLessThan(slowestMilliseconds);
  }
}

describe('damaged recipes', () => {
  it(`end with a recipe or a StudioError in ${cases} seeded cases`, () => {
    const original = new TextEncoder().encode(newRecipeDocument(bundledRecipe(), 'r').text);
    const random = mulberry32(20_261_201);
    let accepted = 0;
    for (let index = 0; index < cases; index++) {
      const bytes = mutate(original, random);
      const isAccepted = outcome(() => {
        const document = decodeRecipe(bytes, 'fuzz.recipe.json');
        // What is accepted keeps its bytes and can be planned or refused.
        expect(encodeRecipe(document)).toEqual(bytes);
        canonicalRecipe(document.recipe);
        outcome(() => planRecipe(document.recipe, 'fuzz.recipe.json', document.json));
      });
      if (isAccepted) accepted++;
    }
    // Both outcomes must occur, or the mutations prove nothing.
    expect(accepted).toBeGreaterThan(20);
    expect(accepted).toBeLessThan(cases / 2);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('end the same way for model mappings', () => {
    const original = new Uint8Array(readFileSync('configs/model_mapping.json'));
    const random = mulberry32(7);
    let accepted = 0;
    for (let index = 0; index < 1_000; index++) {
      const text = new TextDecoder().decode(mutate(original, random));
      if (outcome(() => parseModelMapping(text, 'fuzz.json'))) accepted++;
    }
    expect(accepted).toBeGreaterThan(5);
  });
});

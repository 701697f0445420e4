// Damaged JSON and requests: bytes anywhere, numbers that readers get wrong, or pieces that parsers stumble over.
import { mutate, mutateNumbers, type Random } from '#test/fuzz/mutations.ts';

const hostileJson = ['"__proto__":{"x":1},', '"constructor":{},', '[['.repeat(2_000), '\u0000', '"\\ud800"', '1e999', '"../../etc/passwd"', '-0', '9'.repeat(400)]; // prettier-ignore

/** One text, damaged in one of three ways. */
export function damagedText(text: Uint8Array, random: Random): Uint8Array {
  const choice = random.below(3);
  // A copy: slices of a Buffer share its bytes.
  if (choice === 0) return mutate(new Uint8Array(text), random);
  const whole = Buffer.from(text).toString('utf8');
  if (choice === 1) return Buffer.from(mutateNumbers(whole, random));
  const at = random.below(whole.length);
  return Buffer.from(whole.slice(0, at) + random.pick(hostileJson) + whole.slice(at));
}

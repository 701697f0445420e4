// The first token in which two columns' answers differ, evaluated again in real models.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { studioFolder } from '#test/helpers/run-studio.ts';
import {
  makeSeedlingModels,
  startEngine,
  type EngineUnderTest,
} from '#test/helpers/seedling-models.ts';

const folder = studioFolder();
let engine: EngineUnderTest;
const prompt = 'What is a heart?';

beforeAll(async () => {
  await makeSeedlingModels(folder);
  engine = startEngine(folder);
  await engine.load('q8', 'seedling-4m-Q8_0.gguf');
  await engine.load('q2', 'seedling-4m-Q2_K.gguf');
  // The same model with one token named otherwise: another vocabulary.
  const file = readFileSync(folder.path('gpt2.gguf'));
  const padding = file.indexOf('<|endoftext|>');
  file.write('<|endofTEXT|>', padding);
  writeFileSync(folder.path('other.gguf'), file);
  await engine.load('gpt2', 'gpt2.gguf');
  await engine.load('other', 'other.gguf');
});

afterAll(async () => {
  await engine.host.dispose();
  folder.remove();
});

const compare = (left: string, right: string) =>
  engine.host.call('findFirstDifference', { columns: [left, right] });

it('marks the place and tells both tokens in both models', async () => {
  const left = await engine.ask('q8', prompt);
  const right = await engine.ask('q2', prompt);
  expect(left.text).not.toBe(right.text);
  const difference = await compare('q8', 'q2');
  const { characters, sides } = difference;
  expect(difference.reason).toBeUndefined();
  expect(left.text.slice(0, characters)).toBe(right.text.slice(0, characters));
  expect(left.text.slice(characters).startsWith(sides[0]!.token)).toBe(true);
  expect(right.text.slice(characters).startsWith(sides[1]!.token)).toBe(true);
  expect(sides[0]!.token).not.toBe(sides[1]!.token);
  for (const side of sides) {
    // Both answers were greedy, so each model's own token is its likeliest.
    expect(side.probabilities[0]!.token).toBe(side.token);
    expect(side.probabilities.length).toBeGreaterThanOrEqual(3);
    const tokens = side.probabilities.map(({ token }) => token);
    expect(tokens).toEqual(expect.arrayContaining(sides.map(({ token }) => token)));
    const sum = side.probabilities.reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(1 + 1e-6);
  }
});

it('answers the next turn from the cache afterwards, with the same text', async () => {
  const history = (text: string) =>
    [
      { role: 'user', text: prompt },
      { role: 'assistant', text },
      { role: 'user', text: 'And a lung?' },
    ] as const;
  const first = await engine.ask('q8', prompt);
  await engine.ask('q2', prompt);
  const undisturbed = await engine.ask('q8', history(first.text));
  await engine.ask('q8', prompt);
  await compare('q8', 'q2');
  const disturbed = await engine.ask('q8', history(first.text));
  expect(disturbed.text).toBe(undisturbed.text);
});

it('finds no difference between equal answers', async () => {
  await engine.load('again', 'seedling-4m-Q8_0.gguf');
  await engine.ask('q8', prompt);
  const { text } = await engine.ask('again', prompt);
  expect(await compare('q8', 'again')).toEqual({
    position: null,
    characters: text.length,
    sides: [],
  });
});

it('compares texts, and says why, where vocabularies differ', async () => {
  const left = await engine.ask('q8', prompt);
  const right = await engine.ask('other', prompt);
  const difference = await compare('q8', 'other');
  expect(difference.reason).toMatch(/vocabular/);
  const { characters } = difference;
  expect(left.text.slice(0, characters)).toBe(right.text.slice(0, characters));
  expect(left.text[characters]).not.toBe(right.text[characters]);
  for (const { probabilities } of difference.sides) expect(probabilities).toEqual([]);
});

it('compares two architectures over one vocabulary', async () => {
  await engine.ask('q8', prompt);
  await engine.ask('gpt2', prompt);
  const { reason, sides } = await compare('q8', 'gpt2');
  expect(reason).toBeUndefined();
  expect(sides.map(({ probabilities }) => probabilities.length > 0)).toEqual([true, true]);
});

it('asks for an answer first', async () => {
  await engine.load('silent', 'seedling-4m-Q2_K.gguf');
  await expect(compare('q8', 'silent')).rejects.toMatchObject({ code: 'usage/invalid' });
});

it('tells the place without probabilities when a model was replaced by then', async () => {
  const sides = async () => (await compare('q8', 'silent')).sides;
  await engine.ask('q8', prompt);
  await engine.ask('silent', prompt);
  const before = await sides();
  // A model that does not load: the column holds nothing any more.
  await expect(engine.load('silent', 'missing.gguf')).rejects.toMatchObject({
    code: 'io/not-found',
  });
  const after = await compare('q8', 'silent');
  expect(after.reason).toMatch(/not loaded \(column silent\)/);
  expect(after.sides[0]).toEqual(before[0]);
  expect(after.sides[1]).toEqual({ ...before[1], probabilities: [] });
});

// Makes the task files beside it from Seedling's held-out texts: `node assets/evaluation/make-tasks.mjs`. The same texts always
// give the same files.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const question =
  /<\|im_start\|>user\n(.*?)<\|im_end\|>\n<\|im_start\|>assistant\n(.*?)<\|im_end\|>/gs;
const perDomain = 40;

function pairs(name) {
  const text = readFileSync(`${here}../seedling/texts/evaluation/${name}.txt`, 'utf8');
  return [...text.matchAll(question)].map(([, prompt, answer]) => ({ prompt, answer }));
}

function write(name, tasks) {
  writeFileSync(
    `${here}tasks-${name}.jsonl`,
    tasks.map((task) => `${JSON.stringify(task)}\n`).join(''),
  );
  console.log(`tasks-${name}.jsonl: ${tasks.length} tasks`);
}

/** The same spread over the whole text, however many there are. */
function evenly(list, count) {
  return Array.from(
    { length: Math.min(count, list.length) },
    (_, index) => list[Math.floor((index * list.length) / Math.min(count, list.length))],
  );
}

// How a dictionary begins to define a word follows from what kind of word it is ("solidly": "In a ...", "sadness":
// "The quality ..."): a model of four million weights can know that of a word that it was never told about.
const definitions = pairs('general').map(({ prompt, answer }) => ({
  prompt,
  opening: answer.split(/\s+/).slice(0, 2).join(' '),
}));
const counts = new Map();
for (const { opening } of definitions) counts.set(opening, (counts.get(opening) ?? 0) + 1);
write(
  'definitions',
  definitions
    .filter(({ opening }) => counts.get(opening) >= 3 && /^[\w ]+$/.test(opening))
    .map(({ prompt, opening }) => ({ prompt, answer: opening, match: 'start' })),
);

// Each adapter answers in its own house style; the base does not.
const openings = {
  conditions: 'Clinical note',
  anatomy: 'Anatomy note',
  finance: 'In finance',
  organizations: 'As an organization',
  science: 'Science lesson',
  language: 'Language lesson',
};
for (const [name, answer] of Object.entries(openings)) {
  const styled = pairs(name).filter((pair) => pair.answer.startsWith(answer));
  write(
    name,
    evenly(styled, perDomain).map(({ prompt }) => ({ prompt, answer, match: 'start' })),
  );
}

// `report` and `compare` on runs by what people type: an id, "latest", a folder, its run.json.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';
import { studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const chunks = (value: number) => Array.from({ length: 12 }, (_, index) => value + index / 1e4);

function writeRun(id: string, createdAt: number, kld: number) {
  const run = buildQualityRun([
    { id: 'Q4_K_M', bytes: 3_000_000, kld: { general: chunks(kld) } },
    { id: 'Q8_0', bytes: 6_000_000, kld: { general: chunks(0.001) } },
  ]);
  const asked = { task: 'questions', title: 'Questions', asked: 4, wrong: [] };
  const tasks = [
    { ...asked, subject: 'reference', right: 3, outcomes: '1110' },
    { ...asked, subject: 'Q4_K_M', right: 2, outcomes: '1010' },
  ];
  const path = folder.path('measurements', id, 'run.json');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ ...run, id, title: `Run ${id}`, createdAt, tasks }));
}

beforeAll(() => {
  writeRun('older', 1_000, 0.05);
  writeRun('newer', 2_000, 0.02);
});
afterAll(() => folder.remove());

it('opens a run by id, folder, file and "latest", and refuses one that is not there', async () => {
  const idOf = async (asked: string) => {
    const { document } = await folder.json('compare', asked);
    return document.result?.['run'] ?? document.error?.code;
  };
  expect(await idOf('latest')).toBe('newer');
  expect(await idOf('older')).toBe('older');
  expect(await idOf('measurements/older')).toBe('older');
  expect(await idOf('measurements/older/run.json')).toBe('older');
  expect(await idOf('missing')).toBe('io/not-found');
}, 60_000);

it('ranks a run, and compares two chunk by chunk', async () => {
  const one = await folder.run('compare', 'newer');
  expect(one.code).toBe(0);
  expect(one.stdout).toMatch(/Q8_0/);
  const { document } = await folder.json('compare', 'older', 'newer');
  expect(document.result).toMatchObject({ left: 'older', right: 'newer' });
  const subjects = document.result?.['subjects'] as { label: string; verdict: string }[];
  expect(subjects.map(({ label, verdict }) => `${label} ${verdict}`)).toEqual([
    'Q4_K_M farther',
    'Q8_0 no difference',
  ]);
}, 60_000);

it('writes a report once, with its tasks, and tells the format by the ending', async () => {
  expect((await folder.run('report', 'newer', '-o', 'report.html')).code).toBe(0);
  const page = readFileSync(folder.path('report.html'), 'utf8');
  expect(page).toContain('Run newer');
  expect(page).toContain('Against unquantized');
  const again = await folder.json('report', 'newer', '-o', 'report.html');
  expect(again.document.error?.code).toBe('output/exists');
  const { stdout } = await folder.run('report', 'newer');
  expect(stdout).toMatch(
    /\| Q4_K_M \| Questions \| 2 of 4 \| 50\.0 % \(.*\) \| −25\.0 points, no difference/,
  );
  const odd = await folder.json('report', 'newer', '-o', 'report.odd');
  expect(odd.document.error?.code).toBe('usage/invalid');
  expect(existsSync(folder.path('report.odd'))).toBe(false);
}, 60_000);

// Reports of a run whose names are hostile: nothing of them acts, every figure has its error.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Run } from '#src/contract/quality/run.ts';
import { rankRun } from '#src/evaluation/ranking/rank-run.ts';
import { levelVariable } from '#src/evaluation/report/level-style.ts';
import { makeReport, type ReportFormat } from '#src/evaluation/report/make-report.ts';
import { escapeMarkdown } from '#src/evaluation/report/markdown-report.ts';
import { html } from '#src/evaluation/report/markup.ts';
import { reportStyles } from '#src/evaluation/report/report-styles.ts';
import { levels } from '#src/tensors/levels.ts';
import { levelColor } from '#renderer/theme/level-color.ts';
import { buildAllocation } from '#test/helpers/build-allocation.ts';
import { buildQualityRun } from '#test/helpers/build-quality-run.ts';

const spread = (mean: number) =>
  Array.from({ length: 10 }, (_, chunk) => mean * (0.95 + chunk / 100));
const run = buildQualityRun([
  { id: 'Q2_K', bytes: 2e6, kld: { general: spread(0.3), code: spread(0.5) } },
  { id: 'Q4_K_M', bytes: 3e6, kld: { general: spread(0.02), code: spread(0.03) }, peakRamBytes: 9e7 }, // prettier-ignore
  { id: 'Q8_0', bytes: 4e6, kld: { general: spread(0.001), code: spread(0.002) } },
]);

function report(format: ReportFormat, changes: Partial<Run> = {}): string {
  const changed = { ...run, ...changes };
  return makeReport(changed, rankRun(changed), format).text;
}

const evil = `</title><script>alert(1)</script>"'><img src=x onerror=alert(2)>|\u202e\n# [x](javascript:1)`;
const hostile: Partial<Run> = {
  title: evil,
  notices: [evil],
  subjects: run.subjects.map((one) => ({ ...one, label: `${evil} ${one.id}`, path: `/m/${evil}` })),
  texts: run.texts.map((one) => ({ ...one, title: evil, domain: evil })),
  tasks: [{ subject: 'Q2_K', task: 't', title: evil, asked: 4, right: 1, wrong: [{ prompt: evil, expected: evil, answered: evil }] }], // prettier-ignore
  allocation: buildAllocation({ reason: evil, probeTexts: [evil] }),
  matrix: [{ adapter: evil, domain: evil, level: evil, runTimeSubject: 'Q2_K', mergedSubject: 'Q8_0', ownText: 'code', generalText: 'general', retention: 0.9, retentionPerTensor: [], ship: 'merged', reason: evil }], // prettier-ignore
};

describe('the HTML report', () => {
  it('shows every file with its figures and errors, and draws each', () => {
    const text = report('html');
    for (const { label } of run.subjects) expect(text.split(label).length).toBeGreaterThan(4);
    expect(text.match(/<circle /g)).toHaveLength(3);
    expect(text).toMatch(/0\.398 ± 0\.015/);
    expect(text).toContain('the larger is closer');
    expect(text).toContain('What to use');
    expect(text).toContain('90.0 MB');
    expect(text).toContain('prefers-color-scheme: dark');
  });

  it('has no script, fetches nothing, and lets no name become markup', () => {
    const text = report('html', hostile);
    expect(text).toContain("default-src 'none'");
    const tags = [...text.matchAll(/<([a-z0-9]+)/gi)].map(([, tag = '']) => tag.toLowerCase());
    for (const tag of ['script', 'img', 'link', 'iframe', 'a', 'object']) {
      expect(tags).not.toContain(tag);
    }
    const attributes = [...text.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, ''));
    for (const tag of attributes) expect(tag).not.toMatch(/\son|\bsrc\b|\bhref\b/i);
    expect(text).not.toContain('\u202e');
    expect(text).toContain('&lt;script&gt;alert(1)');
  });

  it('stands one chunk, nothing measured, and figures of zero', () => {
    const one = buildQualityRun([{ id: 'F16', bytes: 1e6, kld: { general: [0] } }]);
    const zero = makeReport(one, rankRun(one), 'html').text;
    expect(zero).not.toMatch(/NaN|Infinity|undefined|e\+308/);
    const single = buildQualityRun([{ id: 'Q2_K', bytes: 1e6, kld: { general: [0.2] } }]);
    const text = makeReport(single, rankRun(single), 'html').text;
    expect(text).toContain('one chunk');
    expect(text).not.toMatch(/NaN|Infinity|undefined|e\+308/);
    const empty = { ...run, subjects: [], measurements: [], speed: [] };
    expect(makeReport(empty, rankRun(empty), 'html').text).toContain('Nothing was measured');
    expect(makeReport(empty, rankRun(empty), 'markdown').text).toContain('Nothing was measured');
  });

  it('tells how a hybrid stands against its stock level, and what it was allowed', () => {
    const allocation = buildAllocation({ budget: { kind: 'kld', kld: 0.05 } });
    for (const format of ['html', 'markdown'] as const) {
      const text = report(format, { allocation });
      expect(text).toContain('measurably closer');
      expect(text).toContain('mean KLD at most 0.05');
      expect(text).toContain('probed on Language');
      expect(text).toMatch(/-0\.16\d* to -0\.14/);
      expect(text).toMatch(/Q4_K(?: in 2|\s*<)/);
    }
  });

  it('has the colours of the window', () => {
    for (const level of Object.keys(levels)) {
      expect(levelColor(level)).toBe(`var(${levelVariable(level)})`);
    }
    const tokens = readFileSync('renderer/theme/tokens.css', 'utf8');
    const [dark = '', light = ''] = tokens.split("\n[data-theme='light']");
    for (const [part, text] of [
      [dark, reportStyles.split('prefers-color-scheme: dark')[1] ?? ''],
      [light, reportStyles.split('@media')[0] ?? ''],
    ] as const) {
      // prettier-ignore
      for (const [, name = '', value = ''] of part.matchAll(/(--level-\w+): (#\w+);/g)) {
        expect(text).toContain(`${name}: ${value};`);
      }
    }
  });
});

describe('the Markdown report', () => {
  it('is a table whose rows have as many cells as its head, with every error', () => {
    const text = report('markdown');
    const [first = ''] = text.split('\n\n').filter((part) => part.startsWith('| File'));
    const lines = first.split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe('| File | Size | bpw | Mean KLD | KLD 99 % | Same top, % | PPL ratio | KLD general | KLD code |'); // prettier-ignore
    for (const line of lines.slice(2)) expect(line.match(/ ± /g)).toHaveLength(5);
    expect(text).toContain('Q4_K_M');
    expect(text).toContain('context 256; llama.cpp 0.5.0');
  });

  it('keeps hostile names inside their cells', () => {
    const lines = report('markdown', hostile).split('\n');
    const cells = (line: string) => line.replaceAll('\\|', '').split('|').length;
    const rows = lines.filter((line) => line.startsWith('| '));
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows.slice(0, 4)) expect(cells(row)).toBe(cells(rows[0] ?? ''));
    for (const line of lines) {
      expect(line.replaceAll(/\\[<[|]/g, '')).not.toMatch(/<|\[x\]/);
    }
  });

  it('escapes what acts and leaves ordinary names readable', () => {
    expect(escapeMarkdown('model.v2-Q4_K_M (merged)')).toBe('model.v2-Q4_K_M (merged)');
    expect(escapeMarkdown('_a_ *b* `c` | <d> &amp; @e')).toBe(
      '\\_a\\_ \\*b\\* \\`c\\` \\| \\<d\\> \\&amp; \\@e',
    );
    expect(escapeMarkdown('# x\ny')).toBe('\\# x y');
  });
});

describe('a report', () => {
  it('as JSON gives the run and its ranking back, and is named by letters', () => {
    const { suggestedName, text } = makeReport(run, rankRun(run), 'json');
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ run, ranking: rankRun(run) })));
    expect(suggestedName).toBe('Seedling.json');
    const named = makeReport({ ...run, title: '../../e t/c:\u0000' }, rankRun(run), 'html');
    expect(named.suggestedName).toBe('e-t-c.html');
    expect(makeReport({ ...run, title: '…' }, rankRun(run), 'html').suggestedName).toMatch(/^[\w.-]+$/); // prettier-ignore
  });
});

it('escapes all values of a template but markup', () => {
  expect(html`<b title="${'"'}">${'<i>'}${html`<i>${1}</i>`}${[html`a`, html`b`]}${undefined}</b>`.text).toBe('<b title="&quot;">&lt;i&gt;<i>1</i>ab</b>'); // prettier-ignore
});

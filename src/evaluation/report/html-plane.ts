// Size against quality as a drawing: every subject at its size and mean KLD with its 95 % interval, and the line of those that
// are worth their bytes.
import { formatBytes } from '#src/text/format-number.ts';
import { placeLabels } from '../charts/label-places.ts';
import { paretoLine } from '../charts/pareto-line.ts';
import { linearScale, logScale, tickText } from '../charts/scales.ts';
import { gates } from '../ranking/recommend.ts';
import { intervalText, isKnown, plusMinus } from './figure-text.ts';
import { formWords, levelVariable } from './level-style.ts';
import { html, type Markup } from './markup.ts';
import type { ReportRow } from './report-rows.ts';

const width = 1000;
const height = 420;
const area = { left: 70, right: width - 20, top: 12, bottom: height - 46 };
/** Of a label's letters, in the drawing's units. */
const letterWidth = 6.7;
const labelHeight = 15;
const longestLabel = 40;

export function htmlPlane(rows: readonly ReportRow[]): Markup {
  const unit = unitOf(Math.max(1, ...rows.map(({ subject }) => subject.bytes)));
  const across = linearScale(
    rows.map(({ subject }) => subject.bytes / unit.bytes),
    [area.left, area.right],
    { about: 7 },
  );
  const up = logScale(
    [
      gates.production,
      ...rows.flatMap(({ ranked: { kld, kldInterval } }) => [
        kld.value,
        ...(isKnown(kldInterval.high) ? [kldInterval.high] : []),
        ...(kldInterval.low > kld.value / 10 ? [kldInterval.low] : []),
      ]),
    ],
    [area.bottom, area.top],
  );
  const points = rows.map((row) => ({
    row,
    x: across.at(row.subject.bytes / unit.bytes),
    y: clamp(up.at(row.ranked.kld.value)),
    low: clamp(up.at(row.ranked.kldInterval.low)),
    high: clamp(up.at(row.ranked.kldInterval.high)),
    hasInterval: isKnown(row.ranked.kldInterval.high),
    name: shortened(row.subject.label),
  }));
  const line = paretoLine(
    points.filter(({ row }) => row.ranked.onParetoLine),
    // Places count downwards.
    false,
  );
  const gate = clamp(up.at(gates.production));
  const labels = placeLabels(
    points.map(({ x, y, name }) => ({ x, y, radius: 8, width: name.length * letterWidth })),
    { x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top },
    labelHeight,
    {
      boxes: [
        { x: area.right - 80, y: gate - 20, width: 80, height: 22 },
        { x: area.left, y: gate - 1, width: area.right - area.left, height: 2 },
      ],
      line,
    },
  );
  return html`<svg
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="Size against mean KLD; the table below has the same figures"
  >
    <rect
      class="gate-area"
      x="${area.left}"
      y="${gate}"
      width="${area.right - area.left}"
      height="${Math.max(0, area.bottom - gate)}"
    />
    ${across.ticks.map((tick) => html`<line class="grid" x1="${px(across.at(tick))}" x2="${px(across.at(tick))}" y1="${area.top}" y2="${area.bottom}" /><text x="${px(across.at(tick))}" y="${area.bottom + 18}" text-anchor="middle">${tickText(tick)}</text>`)}
    ${up.ticks.map((tick) => html`<line class="grid" x1="${area.left}" x2="${area.right}" y1="${px(up.at(tick))}" y2="${px(up.at(tick))}" /><text x="${area.left - 8}" y="${px(up.at(tick) + 4)}" text-anchor="end">${tickText(tick)}</text>`)}
    <text x="${(area.left + area.right) / 2}" y="${height - 8}" text-anchor="middle">
      file size, ${unit.name}
    </text>
    <text
      transform="translate(14 ${(area.top + area.bottom) / 2}) rotate(-90)"
      text-anchor="middle"
    >
      mean KLD, nats (log)
    </text>
    <line class="gate" x1="${area.left}" x2="${area.right}" y1="${px(gate)}" y2="${px(gate)}" />
    <text class="gate-text" x="${area.right - 4}" y="${px(gate - 6)}" text-anchor="end">
      gate ${gates.production}
    </text>
    <polyline class="pareto" points="${line.map(({ x, y }) => `${px(x)},${px(y)}`).join(' ')}" />
    ${points.map(({ row, x, y, low, high, hasInterval, name }, index) => {
      const label = labels[index];
      const bar = hasInterval && Math.abs(low - high) > 2;
      return html`<g
        >${title(row)}${bar ? html`<path class="bar" d="M${px(x)} ${px(low)}V${px(high)}M${px(x - 3)} ${px(low)}h6M${px(x - 3)} ${px(high)}h6" />` : undefined}${mark(row, x, y)}${label === undefined ? undefined : html`<text class="name" x="${px(label.x)}" y="${px(label.y + 4)}">${name}</text>`}</g
      > `;
    })}
  </svg>`;
}

/** The forms that occur, with their marks. */
export function planeLegend(rows: readonly ReportRow[]): Markup {
  const forms = [...new Set(rows.map(({ subject }) => subject.form))];
  const signs = { stock: '●', hybrid: '◇', merged: '■', 'run-time': '▲' } as const;
  return html`<div class="legend muted">
    ${forms.map((form) => html`<span>${signs[form]} ${formWords[form]}</span>`)}<span
      >line: no smaller file is closer</span
    ><span>bars: 95 % intervals</span>
  </div>`;
}

function title({ subject, ranked }: ReportRow): Markup {
  const interval = intervalText(ranked.kldInterval) ?? 'one chunk tells no interval';
  return html`<title>
    ${subject.label}, ${formWords[subject.form]}: ${formatBytes(subject.bytes)}, mean KLD
    ${plusMinus(ranked.kld)} (${interval})
  </title>`;
}

function mark({ subject: { form, level } }: ReportRow, x: number, y: number): Markup {
  const fill = `fill:var(${levelVariable(level)})`;
  const r = 6;
  switch (form) {
    case 'stock':
      return html`<circle cx="${px(x)}" cy="${px(y)}" r="${r}" style="${fill}" />`;
    case 'hybrid':
      return html`<path
        class="hybrid"
        d="M${px(x)} ${px(y - 7.5)}L${px(x + 7.5)} ${px(y)}L${px(x)} ${px(y + 7.5)}L${px(x - 7.5)} ${px(y)}Z"
      />`;
    case 'merged':
      return html`<rect
        x="${px(x - 5.5)}"
        y="${px(y - 5.5)}"
        width="11"
        height="11"
        rx="1.5"
        style="${fill}"
      />`;
    case 'run-time':
      return html`<path
        d="M${px(x)} ${px(y - 7)}L${px(x + 7)} ${px(y + 5)}H${px(x - 7)}Z"
        style="${fill}"
      />`;
  }
}

function unitOf(largest: number): { readonly name: string; readonly bytes: number } {
  return largest >= 1e9 ? { name: 'GB', bytes: 1e9 } : { name: 'MB', bytes: 1e6 };
}

function clamp(y: number): number {
  return Math.min(area.bottom, Math.max(area.top, y));
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}

function shortened(label: string): string {
  return label.length <= longestLabel ? label : `${label.slice(0, longestLabel - 1)}…`;
}

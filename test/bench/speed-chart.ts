// The chart of docs/performance.md: how many times faster than llama.cpp, per type and per file, with the line of each aim.
// Its colours follow the reader's light or dark scheme, as the page around it does.
import type { KernelRow } from './kernels.ts';
import type { QuantizingRow } from './quantizing.ts';

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly aim?: number;
}

const kQuants = ['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K'];
const [width, left, right, rowHeight, titleHeight] = [720, 170, 56, 18, 34];

/** Times faster than libggml's rows and llama-quantize's files. Groups without measurements are left out. */
export function renderSpeedChart(
  kernels: readonly KernelRow[],
  files: readonly QuantizingRow[] = [],
): string {
  const encoding = (what: KernelRow['what'], isK: boolean) =>
    kernels
      .filter((row) => row.what === what && kQuants.includes(row.type) === isK)
      .map(({ type, speedup: { ratio, low, high } }) => ({ label: type, value: ratio, low, high }));
  const groups: Group[] = [
    { title: 'K-quants without imatrix, one thread', bars: encoding('encode', true), aim: 3 },
    { title: 'K-quants with imatrix, one thread', bars: encoding('encode, imatrix', true), aim: 3 },
    { title: 'other types without imatrix, one thread', bars: encoding('encode', false) },
    { title: 'other types with imatrix, one thread', bars: encoding('encode, imatrix', false) },
    {
      title: 'files, against llama-quantize, all threads',
      bars: files
        .filter(({ against }) => against === 'llama-quantize')
        .map(({ what, ratio }) => ({ label: what, value: ratio.ratio, low: ratio.low, high: ratio.high })), // prettier-ignore
      aim: 2.5,
    },
  ].filter(({ bars }) => bars.length > 0);
  const most = Math.max(4, ...groups.flatMap(({ bars }) => bars.map(({ high }) => high)));
  const x = (value: number) => left + (value / most) * (width - left - right);
  const parts: string[] = [];
  let y = 8;
  for (const { title, bars, aim } of groups) {
    parts.push(text(8, y + 18, title, 'title'));
    y += titleHeight;
    const top = y;
    for (const bar of bars) {
      const middle = y + rowHeight / 2;
      const state = aim !== undefined && bar.value < aim ? 'bar missed' : 'bar';
      parts.push(
        text(left - 8, middle + 4, bar.label, 'label'),
        `<rect class="${state}" x="${left}" y="${y + 3}" width="${round(x(bar.value) - left)}" height="${rowHeight - 6}"/>`,
        `<path class="spread" d="M${round(x(bar.low))} ${middle}H${round(x(bar.high))}"/>`,
        text(x(bar.high) + 6, middle + 4, bar.value.toFixed(1), 'value'),
      );
      y += rowHeight;
    }
    parts.push(`<path class="even" d="M${round(x(1))} ${top}V${y}"/>`);
    if (aim !== undefined) {
      parts.push(
        `<path class="aim" d="M${round(x(aim))} ${top}V${y}"/>`,
        text(x(aim) + 4, top - 3, `aim ${aim}`, 'aim-label'),
      );
    }
    y += 8;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img" aria-label="Times faster than llama.cpp, per type and file">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.label { text-anchor: end }
.aim-label { font-size: 11px; fill: #8a4b00 }
.bar { fill: #2f6fbf }
.missed { fill: #b35900 }
.spread { stroke: #0b2a52; stroke-width: 1.5 }
.even { stroke: #6e7781; stroke-dasharray: 1 3 }
.aim { stroke: #8a4b00; stroke-width: 1.5; stroke-dasharray: 5 3 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.aim-label { fill: #f0b35a }
.bar { fill: #5b9bea }
.missed { fill: #e08a3c }
.spread { stroke: #dbe9fb }
.even { stroke: #8b949e }
.aim { stroke: #f0b35a }
}
</style>
${parts.join('\n')}
</svg>
`;
}

function text(x: number, y: number, content: string, kind: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}">${safe}</text>`;
}

const round = (value: number) => Number(value.toFixed(1));

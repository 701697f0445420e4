// Draws terminal output as an SVG picture for the docs:
//   FORCE_COLOR=1 node dist/cli/demo.js 2>/dev/null | node configs/build/terminal-picture.mjs 'npm run demo' > docs/pictures/demo.svg
import { readFileSync } from 'node:fs';

const [command = ''] = process.argv.slice(2);
const fontSize = 13;
const lineHeight = 20;
const characterWidth = 7.8;
const padding = 20;
const colours = {
  text: '#d5d8de',
  dim: '#7d8590',
  bold: '#ffffff',
  red: '#f47067',
  yellow: '#daaa3f',
  green: '#57ab5a',
};
const styleOfCode = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow' };

const escape = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A line with escape codes as runs of one style each. */
function runsOf(line) {
  let style = 'text';
  return line.split(/(\u001b\[\d+m)/).flatMap((part) => {
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1];
    if (code === undefined) return part === '' ? [] : [{ style, text: part }];
    style = styleOfCode[code] ?? 'text';
    return [];
  });
}

const lines = [
  `\u001b[2m$\u001b[22m \u001b[1m${command}\u001b[22m`,
  ...readFileSync(0, 'utf8').trimEnd().split('\n'),
];
const longest = Math.max(
  ...lines.map((line) => runsOf(line).reduce((sum, { text }) => sum + text.length, 0)),
);
const width = Math.ceil(longest * characterWidth + 2 * padding);
const height = lines.length * lineHeight + 2 * padding;
const rows = lines.map((line, index) => {
  const spans = runsOf(line).map(
    ({ style, text }) =>
      `<tspan fill="${colours[style]}"${style === 'bold' ? ' font-weight="600"' : ''}>${escape(text)}</tspan>`,
  );
  return `<text x="${padding}" y="${padding + index * lineHeight + 14}" xml:space="preserve">${spans.join('')}</text>`;
});
process.stdout.write(
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(command)}">\n<rect width="100%" height="100%" rx="8" fill="#16181d"/>\n<g font-family="'JetBrains Mono', ui-monospace, Menlo, Consolas, monospace" font-size="${fontSize}">\n${rows.join('\n')}\n</g>\n</svg>\n`,
);

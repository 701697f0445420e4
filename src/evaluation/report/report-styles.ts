// The report's style: the window's tokens, in the scheme that the reader's system prefers, light on paper.

const dark = `
  --bg: #0d0f12; --surface: #13161b; --line: #252b35; --text: #e7eaf0; --muted: #97a0af; --accent: #6c9dff; --ok: #5fc38b;
  --level-f16: #aeb7c6; --level-q8: #5aa7ee; --level-q6: #4fb9c4; --level-q5: #5fc38b; --level-q4: #b4c252; --level-q3: #e3a93f; --level-q2: #e5763f;
  color-scheme: dark;`;

const light = `
  --bg: #f6f7f9; --surface: #ffffff; --line: #e1e5eb; --text: #171b22; --muted: #4d5767; --accent: #2459cf; --ok: #17693e;
  --level-f16: #525c6b; --level-q8: #175fa3; --level-q6: #0e636e; --level-q5: #17693e; --level-q4: #5a640a; --level-q3: #7e5605; --level-q2: #a23f0e;
  color-scheme: light;`;

export const reportStyles = `
:root {${light}}
@media (prefers-color-scheme: dark) { :root {${dark}} }
@media print { :root {${light} --bg: #ffffff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 13px/1.5 Inter, system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 22px; line-height: 1.3; margin: 0 0 4px; font-weight: 600; }
h2 { font-size: 14px; margin: 0 0 12px; font-weight: 600; }
p { margin: 0 0 8px; }
td small, th small { display: block; font-family: inherit; }
.scroll + p { margin: 8px 0 0; }
.muted, small { color: var(--muted); }
small { font-size: 12px; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 16px 20px; margin-top: 16px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; overflow-wrap: normal; }
th, td { padding: 6px 10px; text-align: right; border-bottom: 1px solid var(--line); vertical-align: baseline; white-space: nowrap; }
th { color: var(--muted); font-weight: 500; font-size: 12px; }
tbody tr:last-child > * { border-bottom: 0; }
td, .mono { font-family: 'JetBrains Mono', ui-monospace, monospace; font-size: 12px; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, .left { text-align: left; }
.words { white-space: normal; font-family: inherit; font-size: 13px; text-align: left; overflow-wrap: anywhere; min-width: 160px; }
tbody th { color: var(--text); font-weight: 500; font-family: 'JetBrains Mono', ui-monospace, monospace; max-width: 320px; overflow-wrap: anywhere; white-space: normal; min-width: 88px; }
.dot { display: inline-block; width: 8px; height: 8px; border-radius: 2px; margin-right: 8px; }
.picks { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 16px; }
.pick { border-left: 2px solid var(--pick); padding-left: 12px; }
.pick p { margin: 2px 0 0; color: var(--muted); }
.heat td { border: 2px solid var(--surface); border-radius: 4px; text-align: center; }
.heat thead th { text-align: center; white-space: normal; }
.heat thead th:first-child { text-align: left; }
.heat td small { color: var(--text); opacity: .85; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; }
.facts + .scroll { margin-top: 16px; }
ul { margin: 0; padding-left: 18px; }
svg { display: block; width: 100%; min-width: 680px; height: auto; }
details { margin-top: 8px; }
details ul { margin: 4px 0 8px; }
svg text { fill: var(--muted); font: 11px 'JetBrains Mono', ui-monospace, monospace; }
svg .name { fill: var(--text); }
svg .grid { stroke: var(--line); }
svg .pareto { fill: none; stroke: var(--muted); stroke-width: 1.2; }
svg .bar { stroke: var(--muted); fill: none; }
svg .gate { stroke: var(--ok); stroke-dasharray: 4 4; }
svg .gate-area { fill: var(--ok); opacity: .07; }
svg .gate-text { fill: var(--ok); }
svg .hybrid { fill: var(--surface); stroke: var(--accent); stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 8px; }
footer { margin-top: 24px; color: var(--muted); font-size: 12px; }
@media print {
  main { max-width: none; padding: 0; }
  section { break-inside: avoid; border: 0; padding: 8px 0; border-radius: 0; }
  .scroll { overflow: visible; }
  svg { min-width: 0; }
  th, td { padding: 3px 5px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

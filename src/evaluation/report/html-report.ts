// A run as one HTML file: no script, nothing fetched, light and dark, printable. Every name in it comes from files of others
// and is escaped.
import type { Ranking } from '#src/contract/quality/ranking.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { conditionFacts, conditionsLine } from './conditions.ts';
import { htmlAllocation } from './html-allocation.ts';
import { htmlDifferences } from './html-differences.ts';
import { htmlDomains, htmlMatrix } from './html-heat-maps.ts';
import { htmlPlane, planeLegend } from './html-plane.ts';
import { htmlTable } from './html-table.ts';
import { htmlQualityTable, htmlSpeedTable, htmlTasks } from './html-tables.ts';
import { levelVariable } from './level-style.ts';
import { capitalized } from './markdown-report.ts';
import { html, Markup } from './markup.ts';
import { reportRows } from './report-rows.ts';
import { reportStyles } from './report-styles.ts';

export function htmlReport(run: Run, ranking: Ranking): string {
  const rows = reportRows(run, ranking);
  const remarks = [...ranking.remarks, ...run.notices];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${run.title}</title>
        <style>
          ${new Markup(reportStyles)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${run.title}</h1>
            <p class="muted">${conditionsLine(run)}</p>
          </header>
          ${optional('Hybrid against stock', htmlAllocation(run))} ${picks(run, ranking)}
          ${
            rows.length === 0
              ? section('Size against quality', html`<p>Nothing was measured.</p>`)
              : section(
                  'Size against quality',
                  html`<div class="scroll">${htmlPlane(rows)}</div>
                    ${planeLegend(rows)}`,
                )
          }
          ${rows.length === 0 ? undefined : section('Files', htmlQualityTable(run, rows))}
          ${optional('Differences', htmlDifferences(run, ranking))}
          ${optional('By text', htmlDomains(run, rows))}
          ${optional('Adapter × level', htmlMatrix(run))}
          ${optional('Speed and memory', htmlSpeedTable(rows))} ${optional('Tasks', htmlTasks(run))}
          ${
            remarks.length === 0
              ? undefined
              : section(
                  'Remarks',
                  html`<ul>
                    ${remarks.map((remark) => html`<li>${remark}</li>`)}
                  </ul>`,
                )
          }
          ${section('Conditions', conditions(run))}
          <footer>
            Made by GGUF Studio. Lower KLD is closer to the unquantized model; the same figures
            stand in the tables.
          </footer>
        </main>
      </body>
    </html> `.text;
}

function section(title: string, content: Markup): Markup {
  return html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`;
}

function optional(title: string, content: Markup | undefined): Markup | undefined {
  return content === undefined ? undefined : section(title, content);
}

function picks(run: Run, { recommendations }: Ranking): Markup | undefined {
  if (recommendations.length === 0) return undefined;
  const cards = recommendations.map(({ purpose, subject, reason }) => {
    const chosen = run.subjects.find(({ id }) => id === subject);
    const colour = chosen === undefined ? '--line' : levelVariable(chosen.level);
    return html`<div class="pick" style="--pick:var(${colour})">
      <b>${capitalized(purpose)}</b
      >${chosen === undefined ? undefined : html` · <span class="mono">${chosen.label}</span>`}
      <p>${reason}</p>
    </div>`;
  });
  return section('What to use', html`<div class="picks">${cards}</div>`);
}

function conditions(run: Run): Markup {
  const facts = conditionFacts(run).map(
    ([name, value]) =>
      html`<dt>${name}</dt>
        <dd>${value}</dd> `,
  );
  const files = [...run.references, ...run.subjects].map(
    ({ label, path, sha256, architecture, adapters }) =>
      html`<tr>
        <th scope="row">${label}</th>
        <td class="words">${nameOf(path)}</td>
        <td>${architecture}</td>
        <td class="words">
          ${adapters.map((one) => ('path' in one ? `${nameOf(one.path)} × ${one.scale}` : `${one.bundled} (bundled) × ${one.scale}`)).join(', ')}
        </td>
        <td>${sha256.slice(0, 16)}</td>
      </tr> `,
  );
  const head = html`<tr>
    <th>File</th>
    <th class="left">Name</th>
    <th>Architecture</th>
    <th class="left">Adapters</th>
    <th>SHA-256 begins</th>
  </tr>`;
  return html`<dl class="facts">${facts}</dl>
    ${htmlTable(head, files)}`;
}

/** Folders of the one who measured are nobody's business. */
function nameOf(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

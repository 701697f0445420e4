// The HTML report's part on a hybrid: the verdict, what was asked, and the types.
import type { Run } from '#src/contract/quality/run.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { allocationFacts, typeShares } from './allocation-facts.ts';
import { htmlTable } from './html-table.ts';
import { levelVariable } from './level-style.ts';
import { html, type Markup } from './markup.ts';

export function htmlAllocation({ allocation }: Run): Markup | undefined {
  if (allocation === undefined) return undefined;
  const facts = allocationFacts(allocation).map(
    ([name, value]) =>
      html`<dt>${name}</dt>
        <dd>${value}</dd> `,
  );
  const rows = typeShares(allocation).map(
    ({ type, tensors, bytes }) =>
      html`<tr>
        <th scope="row">
          <span class="dot" style="background:var(${levelVariable(type)})"></span>${type}
        </th>
        <td>${tensors}</td>
        <td>${formatBytes(bytes)}</td>
      </tr> `,
  );
  const head = html`<tr>
    <th>Type in the hybrid</th>
    <th>Tensors</th>
    <th>Size</th>
  </tr>`;
  return html`<p>${allocation.reason}</p>
    <dl class="facts">${facts}</dl>
    ${htmlTable(head, rows)}`;
}

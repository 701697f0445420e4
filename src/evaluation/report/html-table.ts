// The frame of every table of the HTML report: it scrolls by itself where the page is too narrow.
import { html, type Markup } from './markup.ts';

/** `head` is the row of column names, `body` the rows. */
export function htmlTable(head: Markup, body: readonly Markup[], kind?: 'heat'): Markup {
  return html`<div class="scroll">
    <table${kind === undefined ? undefined : html` class="${kind}"`}>
      <thead>
        ${head}
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

/** What has to be known to read the table above. */
export function htmlFootnote(text: string): Markup {
  return html`<p><small>${text}</small></p>`;
}

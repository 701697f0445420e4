// HTML that cannot be broken out of: every value is escaped unless it is markup itself. Names in a run come from files of others.

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type MarkupValue = string | number | undefined | Markup | readonly Markup[];

/** Controls, and the marks that reorder text: a name must not change what stands beside it. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeText(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (sign) => entities[sign] ?? '');
}

/** Without signs that are not seen but act. */
export function plainText(text: string): string {
  return text.replace(controls, '\ufffd');
}

/** Template tag: text is escaped, markup and lists of markup stand as they are, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(
    strings.reduce((text, string, index) => text + textOf(values[index - 1]) + string),
  );
}

function textOf(value: MarkupValue): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return value.map(({ text }) => text).join('');
}

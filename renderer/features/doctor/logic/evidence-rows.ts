// A finding's evidence as lines of text: it is free-form JSON from the diagnosis, so nothing about it is taken for granted.
import { formatCount } from '#src/text/format-number.ts';

export interface EvidenceRow {
  readonly name: string;
  readonly value: string;
}

/** Longest text that is shown of one value. */
const longest = 400;
const listed = 8;

export function evidenceRows(evidence: Readonly<Record<string, unknown>>): readonly EvidenceRow[] {
  return Object.entries(evidence).map(([name, value]) => ({
    name: nameText(name),
    value: shorten(valueText(value)),
  }));
}

/** `firstRow` is `first row`; what is no such name stays as it is. */
export function nameText(name: string): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) return name;
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  return words.replace(
    / ([A-Z])(?=[a-z])/g,
    (_match, letter: string) => ` ${letter.toLowerCase()}`,
  );
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return value === '' ? 'empty' : value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    const shown = value.slice(0, listed).map(valueText).join(', ');
    const left = value.length - listed;
    return left > 0 ? `${shown} and ${formatCount(left)} more` : shown === '' ? 'none' : shown;
  }
  if (typeof value === 'object') {
    return Object.entries(value)
      .slice(0, listed)
      .map(([name, inner]) => `${nameText(name)} ${valueText(inner)}`)
      .join(', ');
  }
  return JSON.stringify(value) ?? 'none';
}

function numberText(value: number): string {
  if (Number.isInteger(value)) return formatCount(value);
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-3
    ? value.toExponential(3)
    : Number(value.toPrecision(5)).toString();
}

function shorten(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

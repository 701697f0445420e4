// Joins class names; what is false or undefined is left out.

/** `classNames('a', open && 'b')` is `a b` when open. */
export function classNames(...names: readonly (string | false | undefined)[]): string {
  return names.filter((name) => name !== false && name !== undefined && name !== '').join(' ');
}

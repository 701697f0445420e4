// The halves of a merge as llama.cpp splits it: at the first space that is not its first character (src/llama-vocab.cpp).

export function mergeHalves(merge: string): { readonly left: string; readonly right: string } {
  const space = merge.indexOf(' ', 1);
  return space < 0
    ? { left: '', right: '' }
    : { left: merge.slice(0, space), right: merge.slice(space + 1) };
}

// How routes are called where there is little room: the subdomain alone where no two routes share it, three letters in a matrix.

/** `creative/sea-stories` is `sea stories`; routes that share a subdomain keep their whole id. */
export function routeNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const shorts = new Map<string, number>();
  for (const id of ids) shorts.set(shortOf(id), (shorts.get(shortOf(id)) ?? 0) + 1);
  return new Map(ids.map((id) => [id, shorts.get(shortOf(id)) === 1 ? shortOf(id) : id]));
}

/** The part behind the last slash in words. */
export function shortOf(id: string): string {
  const last = id
    .slice(id.lastIndexOf('/') + 1)
    .replaceAll(/[_-]+/g, ' ')
    .trim();
  return last === '' ? id : last;
}

/** As few letters as tell the names apart, three at least, at most eight; what is still the same gets a number. */
export function matrixLabels(names: readonly string[]): string[] {
  const labels: string[] = [];
  for (const name of names) {
    const plain = name.replaceAll(/\s+/g, '');
    let label = plain.slice(0, 3);
    for (let length = 4; length <= 8 && labels.includes(label); length++) {
      label = plain.slice(0, length);
    }
    for (let number = 2; labels.includes(label); number++) label = `${plain.slice(0, 2)}${number}`;
    labels.push(label);
  }
  return labels;
}

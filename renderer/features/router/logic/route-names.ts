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

interface NamedParent {
  readonly id: string;
  readonly domain: string;
  readonly quantization: string;
}

/** A parent by its domain where no two share one, else by its id without the level, which is shown beside it. */
export function parentNames(parents: readonly NamedParent[]): ReadonlyMap<string, string> {
  const count = (names: readonly string[], name: string) =>
    names.filter((other) => other === name).length;
  const domains = parents.map(({ domain }) => domain);
  const plain = parents.map(({ id, quantization }) =>
    id.endsWith(`-${quantization}`) ? id.slice(0, -quantization.length - 1) : id,
  );
  return new Map(
    parents.map(({ id, domain }, index) => {
      const short = plain[index] ?? id;
      if (domain !== '' && count(domains, domain) === 1) return [id, domain];
      return [id, count(plain, short) === 1 ? short : id];
    }),
  );
}

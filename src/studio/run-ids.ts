// Ids of runs and of what is in them: they name files, so they are plain, short and different from each other.

const longest = 80;

/** Time first, so that folders sort by age: `20261123-151900-healthcare-levels`. */
export function newRunId(title: string, now = new Date()): string {
  const time = now.toISOString().replace(/\D/g, '').slice(0, 14);
  return `${time.slice(0, 8)}-${time.slice(8)}-${plainId(title)}`;
}

/** An id for every name, in their order; the second of a name gets `-2`. */
export function distinctIds(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = plainId(name);
    let id = plain;
    // File systems that fold case must not mix two up.
    for (let count = 2; taken.has(id.toLowerCase()); count++) id = `${plain}-${count}`;
    taken.add(id.toLowerCase());
    return id;
  });
}

function plainId(name: string): string {
  const plain = name
    .replace(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, longest);
  return plain === '' ? 'run' : plain;
}

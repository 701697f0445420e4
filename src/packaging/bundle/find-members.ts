// Adapters of a bundle by the names that people type: `conditions`, or `healthcare/conditions` where that is not enough.
import { StudioError } from '#src/errors/studio-error.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';

/** Throws `bundle/unknown-adapter` for a name that is not there, or that several have. */
export function findMembers(
  parent: { readonly path: string; readonly members: readonly PlacedMember[] },
  names: readonly string[],
): PlacedMember[] {
  return names.map((name) => {
    const found = parent.members.filter(
      (member) => member.name === name || `${member.domain}/${member.name}` === name,
    );
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    const known = parent.members.map((member) => `${member.domain}/${member.name}`);
    throw new StudioError(
      'bundle/unknown-adapter',
      found.length > 1
        ? `${parent.path} carries ${found.length} adapters called "${name}".`
        : known.length === 0
          ? `${parent.path} carries no adapters, so there is no "${name}" in it.`
          : `${parent.path} carries no adapter "${name}".`,
      {
        hint:
          known.length === 0
            ? 'Give a bundled parent.'
            : `It carries: ${(found.length > 1 ? found.map((member) => `${member.domain}/${member.name}`) : known).join(', ')}.`,
        details: { name, known },
      },
    );
  });
}

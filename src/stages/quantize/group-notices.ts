// One pass plans many levels, and what is wrong with an input is wrong for most of them: said once, with all their names.

interface Planned {
  /** How the plan's notices begin: `Q4_K_M: ...`. */
  readonly label: string;
  readonly notices: readonly string[];
}

/** The notices of all plans in order, those that differ only in the level joined: `Q4_K_M, Q2_K: ...`. */
export function groupNotices(plans: readonly Planned[]): string[] {
  const labels = new Map<string, string[]>();
  for (const { label, notices } of plans) {
    for (const notice of notices) {
      const prefix = `${label}: `;
      const text = notice.startsWith(prefix) ? notice.slice(prefix.length) : notice;
      const found = labels.get(text) ?? [];
      if (notice.startsWith(prefix) && !found.includes(label)) found.push(label);
      labels.set(text, found);
    }
  }
  return [...labels].map(([text, of]) => (of.length === 0 ? text : `${of.join(', ')}: ${text}`));
}

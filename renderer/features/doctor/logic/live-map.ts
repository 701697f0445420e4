// The map while a check runs: the parts are known from the header, damage is drawn as its findings come.
import type { FileSegment } from '#src/contract/doctor/diagnosis.ts';
import type { FileRange, Finding } from '#src/contract/doctor/finding.ts';
import { segmentsIn } from './map-view.ts';

/** The same parts with the ranges of these findings as their damage. */
export function withDamage(
  map: readonly FileSegment[],
  findings: readonly Pick<Finding, 'id' | 'severity' | 'ranges'>[],
): readonly FileSegment[] {
  const damage = new Map<number, (FileRange & { finding: string })[]>();
  for (const { id, severity, ranges } of findings) {
    if (severity === 'info') continue;
    for (const { offset, size } of ranges) {
      const end = offset + Math.max(1, size);
      const touched = segmentsIn(map, { start: offset, end });
      for (
        let index = touched?.first ?? 0;
        touched !== undefined && index <= touched.last;
        index++
      ) {
        const segment = map[index];
        // What is not in the file has no bytes that could be damaged.
        if (segment === undefined || segment.size === 0 || segment.kind === 'missing') continue;
        const from = Math.max(offset, segment.offset);
        const to = Math.min(end, segment.offset + segment.size);
        if (to <= from) continue;
        const known = damage.get(index) ?? [];
        known.push({ offset: from, size: to - from, finding: id });
        damage.set(index, known);
      }
    }
  }
  return map.map((segment, index) => ({ ...segment, damaged: damage.get(index) ?? [] }));
}

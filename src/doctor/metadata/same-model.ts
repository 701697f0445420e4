// Whether a given source is the model that a file was made from: only then may the file be measured by it.
import type { ModelView } from '#src/model/model-view.ts';
import type { Subject } from '../subject.ts';

/** The source, when nine in ten of the file's tensors are in it with the same shape; a vocabulary alone counts tokens. */
export function sourceOf(
  subject: Pick<Subject, 'tensors'>,
  source: ModelView | undefined,
): ModelView | undefined {
  if (source === undefined || subject.tensors.length === 0) return source;
  const shapes = new Map(source.tensors.map(({ name, shape }) => [name, shape.join(' ')]));
  const alike = subject.tensors.filter(({ name, shape }) => shapes.get(name) === shape.join(' '));
  return alike.length >= 0.9 * subject.tensors.length ? source : undefined;
}

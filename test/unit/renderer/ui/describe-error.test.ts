import { expect, it } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import { describeError } from '#renderer/ui/describe-error.ts';

it('what was only cancelled is not told', () => {
  expect(describeError(new StudioError('cancelled', 'Cancelled.'))).toBeUndefined();
  expect(describeError(new DOMException('stop', 'AbortError'))).toBeUndefined();
});

it('errors keep message, hint and code; anything else is made readable', () => {
  const error = new StudioError('io/not-found', 'No such file.', { hint: 'Look elsewhere.' });
  expect(describeError(error)).toEqual({
    message: 'No such file.',
    hint: 'Look elsewhere.',
    code: 'io/not-found',
  });
  expect(describeError({ message: 'wire', hint: 'do this' })?.hint).toBe('do this');
  expect(describeError('plain')).toEqual({ message: 'plain' });
});

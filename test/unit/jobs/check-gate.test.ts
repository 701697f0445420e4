import { describe, expect, it } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import { withRefusedFiles } from '#src/jobs/check-gate.ts';

describe('withRefusedFiles', () => {
  const error = new StudioError('evaluation/gate', 'Q2_K has a mean KLD of 0.06.', {
    hint: 'Choose a larger level.',
    details: { node: 'quality' },
  });

  it('leaves the error of a single file as it is', () => {
    expect(withRefusedFiles(error, 1)).toBe(error);
  });

  it('says how many files did not pass, and keeps hint and details', () => {
    const several = withRefusedFiles(error, 3);
    expect(several.message).toBe('Q2_K has a mean KLD of 0.06. In all, 3 files did not pass.');
    expect(several.code).toBe('evaluation/gate');
    expect(several.hint).toBe(error.hint);
    expect(several.details).toEqual(error.details);
  });
});

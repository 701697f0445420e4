// Two signals as one, without AbortSignal.any.
import { describe, expect, it } from 'vitest';
import { eitherSignal } from '#src/serving/either-signal.ts';

describe('eitherSignal', () => {
  it('is aborted with either of both, for its reason', () => {
    for (const which of [0, 1]) {
      const controllers = [new AbortController(), new AbortController()] as const;
      const { signal } = eitherSignal(controllers[0].signal, controllers[1].signal);
      expect(signal.aborted).toBe(false);
      controllers[which]?.abort('enough');
      expect(signal.reason).toBe('enough');
    }
  });

  it('is aborted at once when one of both is already', () => {
    const { signal } = eitherSignal(new AbortController().signal, AbortSignal.abort('over'));
    expect(signal.reason).toBe('over');
  });

  it('hears nothing any more once it is let go', () => {
    const controller = new AbortController();
    const { signal, release } = eitherSignal(controller.signal, new AbortController().signal);
    release();
    controller.abort();
    expect(signal.aborted).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { createLogTail } from '#src/io/log-tail.ts';

describe('createLogTail', () => {
  it('joins pieces of lines and keeps the last ones', () => {
    const seen: string[] = [];
    const tail = createLogTail(2, (line) => seen.push(line));
    tail.push('one\ntw');
    tail.push('o\r\nthree\nfo');
    expect(seen).toEqual(['one', 'two', 'three']);
    expect(tail.lines()).toEqual(['three', 'fo']);
  });

  it('bounds what one endless line can take', () => {
    const tail = createLogTail(5);
    for (let index = 0; index < 1000; index++) tail.push('x'.repeat(1000));
    expect(tail.lines().join('').length).toBeLessThanOrEqual(2000);
  });
});

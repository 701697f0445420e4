import { describe, expect, it } from 'vitest';
import { memoryByteSource, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import type { ByteCursor } from '#src/formats/bytes/cursor.ts';
import { openGrowingWindow } from '#src/formats/bytes/growing-window.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 251);

function counted(source: ByteSource) {
  const reads: [offset: number, length: number][] = [];
  const counting: ByteSource = {
    ...source,
    readInto(target, offset) {
      reads.push([offset, target.byteLength]);
      return source.readInto(target, offset);
    },
  };
  return { counting, reads };
}

/** An entry: its first byte says how many follow; they are taken one by one. */
function readEntry(cursor: ByteCursor): number[] {
  const length = cursor.uint8();
  return Array.from({ length }, () => cursor.uint8());
}

describe('a growing window', () => {
  it.each([1, 2, 8, 64, 1_000])('of first %d bytes gives the same entries', async (firstLength) => {
    const window = openGrowingWindow(memoryByteSource(bytes), { firstLength, limit: 1_000, what: 'head' });
    const entries: number[][] = [];
    while (window.offset < 276) entries.push(await window.parse(readEntry));
    const whole = [...bytes];
    const expected: number[][] = [];
    for (let at = 0; at < 276; at += 1 + (whole[at] ?? 0)) expected.push(whole.slice(at + 1, at + 1 + (whole[at] ?? 0)));
    expect(entries).toEqual(expected);
  }); // prettier-ignore

  it('doubles for an entry that does not fit, and starts anew at each entry', async () => {
    const { counting, reads } = counted(memoryByteSource(bytes));
    const window = openGrowingWindow(counting, { firstLength: 8, limit: 1_000, what: 'head' });
    await window.parse((cursor) => cursor.take(5));
    await window.parse((cursor) => Array.from({ length: 30 }, () => cursor.uint8()));
    expect(reads).toEqual([[0, 8], [5, 8], [5, 16], [5, 32]]); // prettier-ignore
    await window.parse((cursor) => cursor.take(100));
    expect(reads.at(-1)).toEqual([35, 100]);
  });

  it('refuses what ends behind the limit or the file, before it reads', async () => {
    const { counting, reads } = counted(memoryByteSource(bytes, 'file'));
    const window = openGrowingWindow(counting, { firstLength: 8, limit: 100, what: 'head' });
    await expectRefusal(window.parse((cursor) => cursor.take(101)), 'format/limit', 'the head is longer than 100 bytes'); // prettier-ignore
    await expectRefusal(
      window.parse((cursor) => cursor.take(301)),
      'format/truncated',
      'the file ends at 300',
    );
    expect(reads).toEqual([]);
  });
});

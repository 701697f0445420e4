// Numbers of bytes in the doctor's messages.
import { formatBytes } from '#src/text/format-number.ts';

/** Bytes for messages: exact below ten thousand. */
export function bytesText(bytes: number): string {
  return bytes < 10_000 ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}` : `${formatBytes(bytes)} (${bytes} bytes)`; // prettier-ignore
}

// A real model with another chat template: the file is written again with the repository's own GGUF writer.
import { readFile, writeFile } from 'node:fs/promises';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { stringEntry, withEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';

/**
 * Refuses conversations of more than five messages. Its form has an empty line too many: where a template looks like a
 * known form, that form is used, which refuses nothing.
 */
export const threeQuestions = [
  "{% if messages|length > 5 %}{{ raise_exception('Three questions are enough.') }}{% endif %}",
  "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n\\n' }}{% endfor %}",
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
].join('');

/** Writes `source`, a whole GGUF, to `target` with `template` as its chat template. */
export function copyWithTemplate(source: string, target: string, template: string): Promise<void> {
  return copyWithEntry(source, target, stringEntry('tokenizer.chat_template', template));
}

/** Writes `source`, a whole GGUF, to `target` with one more, or another, metadata entry. */
export async function copyWithEntry(
  source: string,
  target: string,
  entry: GgufEntry,
): Promise<void> {
  const opened = await openFileByteSource(source);
  const header = await readGgufHeader(opened).finally(() => opened.close());
  const metadata = withEntry(header.metadata, entry);
  const { bytes } = encodeGgufHeader({ ...header, version: 3, metadata });
  const data = (await readFile(source)).subarray(header.dataOffset);
  await writeFile(target, Buffer.concat([bytes, data]));
}

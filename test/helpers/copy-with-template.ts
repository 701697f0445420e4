// A real model with another chat template: the file is written again with the repository's own GGUF writer.
import { readFile, writeFile } from 'node:fs/promises';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { stringEntry, withEntry } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';

/**
 * Refuses conversations of more than five messages. It wraps them in a form of its own: where a template looks like a known
 * form, that form is used, which refuses nothing.
 */
export const threeQuestions = [
  "{% if messages|length > 5 %}{{ raise_exception('Three questions are enough.') }}{% endif %}",
  "{% for message in messages %}{{ '# ' + message.role + '\\n' + message.content + '\\n' }}{% endfor %}",
].join('');

/** Writes `source`, a whole GGUF, to `target` with `template` as its chat template. */
export async function copyWithTemplate(
  source: string,
  target: string,
  template: string,
): Promise<void> {
  const opened = await openFileByteSource(source);
  const header = await readGgufHeader(opened).finally(() => opened.close());
  const metadata = withEntry(header.metadata, stringEntry('tokenizer.chat_template', template));
  const { bytes } = encodeGgufHeader({ ...header, version: 3, metadata });
  const data = (await readFile(source)).subarray(header.dataOffset);
  await writeFile(target, Buffer.concat([bytes, data]));
}

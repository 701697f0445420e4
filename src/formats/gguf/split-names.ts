// Names of the parts of a split GGUF: `name-00001-of-00003.gguf` (llama_split_path in llama.cpp's src/llama.cpp).

export interface SplitName {
  readonly prefix: string;
  /** From 0; the file name counts from 1. */
  readonly index: number;
  readonly count: number;
}

/** Parses the last segment of a path or label; undefined when it is not a split's name. */
export function parseSplitName(label: string): SplitName | undefined {
  const fileName = label.split(/[/\\]/).at(-1) ?? '';
  const match = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/.exec(fileName);
  if (match === null) return undefined;
  const [, prefix = '', number, count] = match;
  return { prefix, index: Number(number) - 1, count: Number(count) };
}

export function splitFileName(prefix: string, index: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, '0');
  return `${prefix}-${digits(index + 1)}-of-${digits(count)}.gguf`;
}

// A GGUF for a big-endian machine (IBM Z), as gguf-py writes it with GGUFEndian.BIG: every number the other way round.
const encoder = new TextEncoder();

export function bigEndianGguf(): Uint8Array {
  const bytes = [...encoder.encode('GGUF')];
  const number = (value: bigint, size: number) => {
    for (let shift = size - 1; shift >= 0; shift--) bytes.push(Number((value >> BigInt(8 * shift)) & 255n)); // prettier-ignore
  };
  const text = (content: string) => {
    const encoded = encoder.encode(content);
    number(BigInt(encoded.length), 8);
    bytes.push(...encoded);
  };
  number(3n, 4);
  number(1n, 8);
  number(2n, 8);
  text('general.architecture');
  number(8n, 4);
  text('llama');
  text('llama.block_count');
  number(4n, 4);
  number(1n, 4);
  text('output_norm.weight');
  number(1n, 4);
  number(8n, 8);
  number(0n, 4);
  number(0n, 8);
  while (bytes.length % 32 !== 0) bytes.push(0);
  for (let index = 0; index < 8; index++) number(0x3f80_0000n, 4);
  return Uint8Array.from(bytes);
}

// Tokens as they are shown, and how strong their tint is.

/** Tokens of a chunk that are drawn at once; a context of a million tokens has a thousand pages. */
export const longestPage = 1_024;

/** Line ends are seen and break the line; other control characters are named by their code. */
export function visibleToken(text: string): string {
  return text
    .replaceAll('\n', '⏎\n')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, (character) =>
      character === '\t' ? '→' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}

/** 0 to 1 over three decades: 0.001 nats cannot be told from nothing, 1 nat is another text. */
export function driftTint(kld: number): number {
  return Math.min(1, Math.max(0, (Math.log10(Math.max(kld, 1e-9)) + 3) / 3));
}

/** `41.2 %`, `0.03 %`, `<0.01 %`. */
export function shareText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '<0.01 %';
  return `${percent.toFixed(percent < 1 ? 2 : 1)} %`;
}

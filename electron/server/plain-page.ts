// The few pages that the server makes itself: who may not come in and what to do. Plain HTML without script, in the
// product's colours.

const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const style = `
  :root { color-scheme: dark light; }
  body { margin: 0; display: grid; place-items: center; min-height: 100vh; font: 14px/22px system-ui, sans-serif; background: #0d0f12; color: #e7eaf0; }
  main { max-width: 34rem; padding: 24px; }
  h1 { font-size: 18px; line-height: 24px; margin: 0 0 8px; }
  p { margin: 0 0 8px; color: #97a0af; }
  @media (prefers-color-scheme: light) { body { background: #f6f7f9; color: #171b22; } p { color: #4d5767; } }
`;

/** A whole page: a heading and paragraphs. `forwardTo` leaves it for a path of this server at once. */
export function plainPage(
  title: string,
  paragraphs: readonly string[],
  options: { readonly forwardTo?: string } = {},
): string {
  const forward =
    options.forwardTo === undefined
      ? ''
      : `<meta http-equiv="refresh" content="0; url=${escape(options.forwardTo)}" />`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8" /><link rel="icon" href="data:," />${forward}<title>${escape(title)}</title><style>${style}</style></head><body><main><h1>${escape(title)}</h1>${paragraphs.map((text) => `<p>${escape(text)}</p>`).join('')}</main></body></html>`;
}

// Which links of the studio may leave it, into the user's own browser.

/** Sites that a link of the studio may open in the user's browser. */
const allowedSites: ReadonlySet<string> = new Set(['github.com', 'huggingface.co']);

/** True for https addresses of the sites that we link to. */
export function mayOpenOutside(address: string): boolean {
  try {
    const { protocol, host, username, password } = new URL(address);
    return protocol === 'https:' && allowedSites.has(host) && username === '' && password === '';
  } catch {
    return false;
  }
}

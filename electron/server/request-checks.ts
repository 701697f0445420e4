// Which requests may be answered at all. The Host header keeps out pages that let their own name point to this machine (DNS
// rebinding); the Origin header keeps out pages of other sites that open a WebSocket, which no cookie rule stops alone.

/** Names under which a browser reaches a server on its own machine. */
const loopbackNames = ['127.0.0.1', 'localhost'] as const;

/** True when `host` (a Host header) names this server's own loopback address. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return loopbackNames.some((name) => host === `${name}:${port}`);
}

/** True when `origin` is the page that this server gave out under `host`. */
export function isOwnOrigin(
  origin: string | undefined,
  host: string | undefined,
  port: number,
): boolean {
  return isOwnHost(host, port) && host !== undefined && origin === `http://${host}`;
}

/** True for addresses that only this machine reaches: what `--host` may name. */
export function isLoopbackHost(host: string): boolean {
  return (loopbackNames as readonly string[]).includes(host);
}

// Who may use the studio in the browser: whoever opened the address that the terminal printed. Its token works once and
// becomes a cookie; each use prints the next address, so that another browser can be let in without restarting.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface Sessions {
  /** The token of the one address that has not been used. */
  token(): string;
  /** Takes a token; gives the `Set-Cookie` header, or undefined for a wrong or used one. */
  redeem(token: string): string | undefined;
  /** True when a request's `Cookie` header holds a session of this server. */
  holds(cookieHeader: string | undefined): boolean;
}

const digest = (text: string) => createHash('sha256').update(text).digest();
/** Compares in a time that tells nothing of where two secrets differ. */
const sameSecret = (left: Buffer, right: string) => timingSafeEqual(left, digest(right));
const newSecret = () => randomBytes(32).toString('base64url');

/** A browser keeps one cookie per host whatever the port is, so the name tells servers on one machine apart. */
export function createSessions(port: number, onRedeemed: () => void): Sessions {
  const cookieName = `gguf-studio-${port}`;
  const sessions: Buffer[] = [];
  let token = newSecret();
  let tokenDigest = digest(token);
  return {
    token: () => token,
    redeem(offered) {
      if (!sameSecret(tokenDigest, offered)) return undefined;
      token = newSecret();
      tokenDigest = digest(token);
      const session = newSecret();
      sessions.push(digest(session));
      onRedeemed();
      return `${cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`;
    },
    holds(cookieHeader) {
      const cookies = (cookieHeader ?? '').split(';').map((cookie) => cookie.trim());
      const session = cookies.find((cookie) => cookie.startsWith(`${cookieName}=`));
      if (session === undefined) return false;
      const value = session.slice(cookieName.length + 1);
      return sessions.some((known) => sameSecret(known, value));
    },
  };
}

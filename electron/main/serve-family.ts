// The desktop's listener for OpenAI's `/v1`: begins with the first family that is served, on the loopback address like the
// browser mode's, and answers nothing else.
import { randomBytes } from 'node:crypto';
import { createFamilySlot, type FamilySlot } from '#electron/server/family-slot.ts';
import { startServer, type StudioServer } from '#electron/server/start-server.ts';
import type { FamilyHost } from '#src/serving/family.ts';

export interface DesktopFamilyHost extends FamilyHost {
  /** Stops listening. */
  close(): Promise<void>;
}

/** The token is a new one with every start of the program; the window shows it. */
export function createDesktopFamilyHost(): DesktopFamilyHost {
  const token = randomBytes(24).toString('base64url');
  let started: Promise<{ server: StudioServer; slot: FamilySlot }> | undefined;
  const listen = async () => {
    let port = 0;
    const slot = createFamilySlot(() => `http://127.0.0.1:${port}/v1`, token);
    const server = await startServer({ v1: { token, family: () => slot.current } });
    ({ port } = server);
    return { server, slot };
  };
  return {
    async serve(family) {
      started ??= listen();
      started.catch(() => (started = undefined));
      const { slot } = await started;
      return slot.serve(family);
    },
    async close() {
      const { server } = (await started?.catch(() => undefined)) ?? {};
      await server?.close();
    },
  };
}

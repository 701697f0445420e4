// The host's own end of the connection that start-host.ts opens, and its life: it survives Ctrl+C (the parent decides
// what that means) and ends when the parent is gone.
import type { Port } from '#src/rpc/port.ts';

/** How long running work may take to clean up after its caller is gone, in milliseconds. */
const orphanGrace = 5000;

/** The port to the parent process. Throws when this process was not forked by one. */
export function openHostPort(): Port {
  if (process.send === undefined) {
    throw new Error('This program is started by GGUF Studio, not by hand.');
  }
  const endSoon = () => void setTimeout(() => process.exit(1), orphanGrace).unref();
  // A terminal sends Ctrl+C and its hang-up to the whole process group, `timeout` its SIGTERM: the parent gets them
  // too, and cancelling comes as a message.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.once('SIGTERM', endSoon);
  process.once('disconnect', endSoon);
  return {
    send(message) {
      if (process.connected) process.send?.(message, undefined, {}, () => undefined);
    },
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) =>
      void process.once('disconnect', () => listener({ reason: 'disconnected', lastLines: [] })),
  };
}

/** Ends the host once its last message has left. Native thread pools would keep the event loop alive for ever. */
export function endHost(): void {
  setTimeout(() => process.exit(0), 50);
}

// A screen that nobody sees, for the windows of one worker: two workers' windows never take the focus from each other, nor
// from whoever works at this machine.
import { spawn } from 'node:child_process';

export interface VirtualScreen {
  /** What `DISPLAY` has to be for a program to open its windows there. */
  readonly display: string;
  close(): void;
}

/** Starts Xvfb on a free display number. */
export async function startVirtualScreen(): Promise<VirtualScreen> {
  const screen = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1920x1200x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const number = await new Promise<string>((resolve, reject) => {
    screen.once('error', reject);
    screen.once('exit', (code) => reject(new Error(`Xvfb ended (${String(code)}).`)));
    screen.stdio[3]?.once('data', (data: Buffer) => resolve(data.toString().trim()));
  });
  return { display: `:${number}`, close: () => void screen.kill() };
}

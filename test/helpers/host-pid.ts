// Finds a host that this process started, so that a test can end it as a crash of native code would.
import { readdir, readFile } from 'node:fs/promises';

/** The process id of the running factory or engine host of this test. */
export async function hostPid(host: 'factory' | 'engine'): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [command = '', status = ''] = await Promise.all(
      ['cmdline', 'stat'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    );
    // proc(5): state and parent follow the command in parentheses.
    const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent === process.pid && command.includes(`${host}-host.js`)) return Number(name);
  }
  throw new Error(`No ${host} host of this process is running.`);
}

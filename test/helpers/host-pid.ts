// Finds a host that this process started, so that a test can end it as a crash of native code would.
import { readdir, readFile } from 'node:fs/promises';

/** The process ids of the running factory or engine hosts of this test; builds have a factory of their own. */
export async function hostPids(host: 'factory' | 'engine'): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [command = '', status = ''] = await Promise.all(
      ['cmdline', 'stat'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    );
    // proc(5): state and parent follow the command in parentheses.
    const parent = Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent === process.pid && command.includes(`${host}-host.js`)) pids.push(Number(name));
  }
  return pids;
}

/** The only one. */
export async function hostPid(host: 'factory' | 'engine'): Promise<number> {
  const [pid, ...others] = await hostPids(host);
  if (pid !== undefined && others.length === 0) return pid;
  throw new Error(`${others.length + (pid === undefined ? 0 : 1)} ${host} hosts are running.`);
}

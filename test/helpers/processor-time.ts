// Processor time of this process: what shows that work stays small on a machine that others use, too, where the clock tells
// how busy they are.

/** Milliseconds that this process has computed since it started, all of its threads together. */
export function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

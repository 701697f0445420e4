#!/usr/bin/env node
// The command line's entry: reads as the list of what happens.
import { cancelOnSignals } from './cancel.ts';
import { commands } from './commands.ts';
import { openHosts } from './hosts.ts';
import { runCommand } from './run-command.ts';
import { processTerminal } from './terminal.ts';

const terminal = processTerminal();
const cancel = cancelOnSignals();

// Set and not called: what is still in the pipes must be written.
process.exitCode = await runCommand(process.argv.slice(2), {
  commands,
  terminal,
  signal: cancel.signal,
  folder: process.cwd(),
  openHosts,
  onHosts: (hosts, show) =>
    cancel.connect({
      onCancel: () => show({ event: 'phase', phase: 'Cancelling ... (again to stop at once)' }),
      kill: () => hosts.kill(),
    }),
});
cancel.dispose();

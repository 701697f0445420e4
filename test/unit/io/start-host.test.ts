import { afterEach, describe, expect, it } from 'vitest';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { openHost } from '#src/io/open-host.ts';
import { waitFor } from '#test/helpers/run-studio.ts';

const opened: { dispose(): Promise<void> }[] = [];
const open = (environment: Record<string, string> = {}) => {
  const host = openHost(factoryContract, { name: 'factory', environment });
  opened.push(host);
  return host;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((host) => host.dispose()));
});

describe('a host', () => {
  it('starts at the first call and ends when disposed', async () => {
    const host = open();
    expect(host.process).toBeUndefined();
    const machine = await host.call('describeMachine', {});
    expect(machine.nodeVersion).toBe(process.versions.node);
    const process_ = host.process;
    await host.dispose();
    const { reason } = await process_!.exited;
    expect(reason).toBe('signal SIGKILL');
    expect(host.process).toBeUndefined();
  });

  it('answers errors without ending', async () => {
    const host = open();
    await expect(host.call('inspect', { path: '/no/such/file' })).rejects.toMatchObject({
      code: 'io/not-found',
    });
    expect((await host.call('describeMachine', {})).cores).toBeGreaterThan(0);
  });

  it('that is killed fails its call, and the next call starts a new one', async () => {
    const host = open();
    await host.call('describeMachine', {});
    const first = host.process?.processId;
    const running = host.call('sizes', { path: '/dev/null' }).catch((error: unknown) => error);
    host.process?.kill();
    expect(await running).toMatchObject({
      code: 'native/crashed',
      message: expect.stringContaining('signal SIGKILL') as string,
    });
    await waitFor(() => host.process === undefined, 'the end of the host');
    expect((await host.call('describeMachine', {})).cores).toBeGreaterThan(0);
    expect(host.process?.processId).not.toBe(first);
  });

  it('runs on the Node that GGUF_STUDIO_NODE names, and says when that cannot be started', async () => {
    process.env['GGUF_STUDIO_NODE'] = '/no/such/node';
    try {
      await expect(open().call('describeMachine', {})).rejects.toMatchObject({
        code: 'native/crashed',
        message: expect.stringContaining('ENOENT') as string,
      });
    } finally {
      delete process.env['GGUF_STUDIO_NODE'];
    }
  });

  it('carries the last lines of a host that dies at start', async () => {
    const host = open({ NODE_OPTIONS: '--require=/no/such/module.cjs' });
    await expect(host.call('describeMachine', {})).rejects.toMatchObject({
      code: 'native/crashed',
      details: {
        lastLines: expect.arrayContaining([
          expect.stringContaining('/no/such/module.cjs') as string,
        ]) as string[],
      },
    });
  });
});

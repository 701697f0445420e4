// Seeded damage through everything that reads what others made: files through the factory host (inspect, and loading in a
// child that is reused until it dies), recipes and manifests, requests to a server. No crash of what must not crash, no hang, bounded memory.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factoryContract, type FactoryContract } from '#src/contract/factory.contract.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { openHost, type OpenHost } from '#src/io/open-host.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import { decodeRecipe } from '#src/recipe/recipe-file.ts';
import { checkManifest } from '#src/routing/manifest/check-manifest.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';
import { createRouter } from '#src/routing/router.ts';
import { mutate, mutateNumbers, type Random } from '#test/fuzz/mutations.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';
import { seedlingFolder, waitFor } from '#test/helpers/run-studio.ts';
import { program, startKillable, type Killable } from './killable.ts';
import { casesOf, report, type FaultCase } from './share.ts';

/** A case that takes longer is tried again; longer twice, it hangs. */
const longest = 5_000;
const mebibyte = 2 ** 20;

let folder = '';
let model: Uint8Array;
let headerBytes = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-mutations-'));
  for (const words of [
    ['library', '--quiet'],
    ['quantize', 'home/seedling/seedling-4m', 'model.gguf', 'Q4_K_M'],
    ['build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--no-validate', '-o', 'family'],
  ]) {
    const { code, text } = await startKillable([program, ...words], folder).ended;
    if (code !== 0) throw new Error(text);
  }
  model = new Uint8Array(readFileSync(join(folder, 'model.gguf')));
  headerBytes = (await readGgufHeader(memoryByteSource(model, 'model'))).dataOffset;
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Most damage goes where the counts, lengths and offsets are. */
function damagedModel(random: Random): Uint8Array {
  if (random.below(5) === 0) return mutate(model, random);
  const part = random.below(2) === 0 ? Math.min(headerBytes, 4_000) : headerBytes;
  const head = mutate(model.subarray(0, part), random, model.subarray(0, headerBytes));
  const whole = new Uint8Array(head.length + model.length - part);
  whole.set(head);
  whole.set(model.subarray(part), head.length);
  return whole;
}

/** Most memory that a process has had, in bytes (Linux); 0 where the system does not tell. */
function peakMemory(processId: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(processId)}/status`, 'utf8'))?.[1] ?? 0) * 1024; // prettier-ignore
  } catch {
    return 0;
  }
}

const openFactory = () =>
  openHost(factoryContract, {
    name: 'factory',
    environment: { GGUF_STUDIO_HOME: join(folder, 'home') },
  });

interface HostFigures {
  readonly outcomes: Record<string, number>;
  crashes: number;
  slowest: number;
  peakMebibytes: number;
}

/** Runs cases through one method of a host; a call that lasts too long is a hang, and the host is ended. */
async function throughHost(
  cases: readonly FaultCase[],
  ask: (host: OpenHost<FactoryContract>, path: string) => Promise<string>,
): Promise<HostFigures> {
  const figures: HostFigures = { outcomes: {}, crashes: 0, slowest: 0, peakMebibytes: 0 };
  const host = openFactory();
  try {
    for (const { random, name } of cases) {
      const path = join(folder, 'damaged.gguf');
      writeFileSync(path, damagedModel(random));
      for (let tries = 1; ; tries++) {
        const start = performance.now();
        const outcome = await timed(host, ask(host, path));
        const took = performance.now() - start;
        if (outcome === 'hang' && tries === 1) continue;
        expect(outcome, `${name} takes more than ${longest} ms`).not.toBe('hang');
        expect(outcome, name).not.toMatch(/^(?:internal|unexpected)/);
        if (outcome === 'native/crashed') figures.crashes++;
        figures.outcomes[outcome] = (figures.outcomes[outcome] ?? 0) + 1;
        figures.slowest = Math.max(figures.slowest, Math.round(took));
        break;
      }
      const peak = Math.round(peakMemory(host.process?.processId) / mebibyte);
      figures.peakMebibytes = Math.max(figures.peakMebibytes, peak);
      expect(peak, `${name}: MiB`).toBeLessThan(1_500);
    }
    return figures;
  } finally {
    await host.dispose();
  }
}

async function timed(host: OpenHost<FactoryContract>, asked: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('hang'), longest);
  });
  const answer = asked.catch((error: unknown) =>
    error instanceof StudioError ? error.code : `unexpected ${String(error)}`,
  );
  const outcome = await Promise.race([answer, hang]);
  clearTimeout(timer);
  if (outcome === 'hang') {
    host.process?.kill();
    await answer;
  }
  return outcome;
}

describe('damaged model files', () => {
  it('are inspected or refused, by one process that never ends', async () => {
    const cases = casesOf('inspect', 2_000);
    const figures = await throughHost(cases, async (host, path) => {
      await host.call('inspect', { path });
      return 'accepted';
    });
    expect(figures.crashes).toBe(0);
    report('mutations inspect', { cases: cases.length, ...figures });
  }, 3_600_000);

  it('are diagnosed, every one, by one process that never ends', async () => {
    const cases = casesOf('diagnose', 2_000);
    const figures = await throughHost(cases, async (host, path) => {
      const { findings } = await host.call('diagnose', { path, depth: 'full' });
      return findings.length === 0 ? 'nothing found' : 'damage found';
    });
    expect(figures.crashes).toBe(0);
    report('mutations diagnose', { cases: cases.length, ...figures });
  }, 3_600_000);

  it('are loaded or refused, in a process that is reused until it dies', async () => {
    const cases = casesOf('load', 2_000);
    const figures = await throughHost(cases, async (host, path) => {
      const report = await host.call('validate', { path, depth: 'full', threads: 1 });
      return report.passed ? 'accepted' : 'failed its checks';
    });
    report('mutations load', { cases: cases.length, ...figures });
  }, 3_600_000);
});

describe('damaged texts', () => {
  const refusal = (run: () => unknown, { name }: FaultCase): string => {
    const before = process.cpuUsage();
    try {
      run();
      return 'accepted';
    } catch (error) {
      if (!(error instanceof StudioError)) throw new Error(name, { cause: error });
      expect(error.code, name).not.toBe('internal');
      return error.code;
    } finally {
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000, name).toBeLessThan(longest);
    }
  };
  const count = (outcomes: readonly string[]) =>
    Object.fromEntries([...new Set(outcomes)].map((one) => [one, outcomes.filter((other) => other === one).length])); // prettier-ignore

  it('of recipes are refused with a reason, or planned', () => {
    const recipe = readFileSync(join(seedlingFolder, 'seedling.recipe.json'));
    const cases = casesOf('recipe', 1_500);
    const outcomes = cases.map((one) =>
      refusal(
        () => planRecipe(decodeRecipe(damagedText(recipe, one.random), 'r').recipe, 'r'),
        one,
      ),
    );
    report('mutations recipe', { cases: cases.length, outcomes: count(outcomes) });
    expect(new Set(outcomes).size).toBeGreaterThan(1);
  });

  it('of manifests are refused with a reason, or checked and routed by', async () => {
    const manifest = Buffer.from(JSON.stringify(buildRouterManifest(), null, 1));
    const cases = casesOf('manifest', 1_500);
    const outcomes: string[] = [];
    for (const one of cases) {
      const text = Buffer.from(damagedText(manifest, one.random)).toString('utf8');
      let parsed: ReturnType<typeof parseManifest> | undefined;
      outcomes.push(refusal(() => checkManifest((parsed = parseManifest(text, 'm'))), one));
      if (parsed === undefined) continue;
      const router = await createRouter(parsed).catch((error: unknown) => {
        if (!(error instanceof StudioError)) throw new Error(one.name, { cause: error });
      });
      await router?.decide('My knee is swollen and hurts');
    }
    report('mutations manifest', { cases: cases.length, outcomes: count(outcomes) });
    expect(new Set(outcomes).size).toBeGreaterThan(1);
  });
});

const hostileJson = ['"__proto__":{"x":1},', '"constructor":{},', '[['.repeat(2_000), '\u0000', '"\\ud800"', '1e999', '"../../etc/passwd"', '-0', '9'.repeat(400)]; // prettier-ignore

/** Bytes anywhere, numbers that readers get wrong, or pieces that parsers stumble over. */
function damagedText(text: Uint8Array, random: Random): Uint8Array {
  const choice = random.below(3);
  // A copy: slices of a Buffer share its bytes.
  if (choice === 0) return mutate(new Uint8Array(text), random);
  const whole = Buffer.from(text).toString('utf8');
  if (choice === 1) return Buffer.from(mutateNumbers(whole, random));
  const at = random.below(whole.length);
  return Buffer.from(whole.slice(0, at) + random.pick(hostileJson) + whole.slice(at));
}

describe.runIf(process.platform === 'linux')('damaged requests', () => {
  let server: Killable | undefined;
  afterAll(() => server?.kill(true));

  it('are answered or cut off by a server that goes on', async () => {
    server = startKillable([program, 'serve', 'family', '--no-window', '--port', '0', '--json'], folder); // prettier-ignore
    const { child } = server;
    const text = () => server?.text() ?? '';
    await waitFor(() => text().includes('"notices"'), 'the address');
    const api = /"api": "([^"]+)"/.exec(text())?.[1] ?? '';
    const token = /"token": "([^"]+)"/.exec(text())?.[1] ?? '';
    const port = Number(new URL(api).port);
    const bodies = [
      { path: 'chat/completions', body: { model: 'auto', messages: [{ role: 'user', content: 'What does sunburn mean?' }], max_tokens: 2, temperature: 0, seed: 1, stop: ['x'] } },
      { path: 'completions', body: { model: 'auto', prompt: 'Sunburn', max_tokens: 2, stream: true } },
      { path: 'embeddings', body: { model: 'auto', input: ['a', 'b'] } },
      { path: 'route', body: { input: 'Sunburn' } },
    ]; // prettier-ignore
    const head = (path: string, length: number) =>
      `POST /v1/${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    const cases = casesOf('http', 1_000);
    const statuses: Record<string, number> = {};
    let unanswered = 0;
    for (const { random, name, index } of cases) {
      const { path, body } = random.pick(bodies);
      const json = Buffer.from(JSON.stringify(body));
      const damaged = random.below(3) > 0 ? Buffer.from(damagedText(json, random)) : json;
      const request = Buffer.concat([Buffer.from(head(path, damaged.length)), damaged]);
      const sent = damaged === json ? mutate(new Uint8Array(request), random) : request;
      const status = await send(port, sent);
      if (status === undefined) unanswered++;
      else statuses[status] = (statuses[status] ?? 0) + 1;
      expect(status, name).not.toBe('500');
      if (index % 20 > 0 && index < cases.length - 1) continue;
      expect(child.exitCode, name).toBeNull();
      const alive = await fetch(`${api}/models`, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(60_000) }); // prettier-ignore
      expect(alive.status, name).toBe(200);
    }
    const peakMebibytes = Math.round(peakMemory(child.pid) / mebibyte);
    expect(peakMebibytes).toBeLessThan(600);
    report('mutations http', { cases: cases.length, statuses, unanswered, peakMebibytes });
  }, 3_600_000);
});

/** Sends bytes and ends the sending side; gives the status of the first answer, undefined for none. */
function send(port: number, bytes: Uint8Array): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
    };
    const timer = setTimeout(end, longest);
    socket.on('data', (piece) => {
      answer += piece.toString('latin1');
      if (answer.includes('\r\n')) end();
    });
    socket.on('error', end);
    socket.on('close', end);
    socket.write(bytes);
    // Half of what is damaged waits for bytes that never come.
    setTimeout(() => socket.end(), 20);
  });
}

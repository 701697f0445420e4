// What llama.cpp really allocates for a model and a context, read from its own log: the truth that the library's estimate
// is compared with.
import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';

export interface MeasuredMemory {
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
}

export interface MemoryMeter {
  measure(path: string, contextSize: number): Promise<MeasuredMemory>;
  dispose(): Promise<void>;
}

/** llama.cpp on the processor, as the engine runs it (16-bit cache, batches of 512 tokens). */
export async function openMemoryMeter(): Promise<MemoryMeter> {
  let log = '';
  const llama: Llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    logLevel: LlamaLogLevel.debug,
    logger: (_level, text) => (log += `${text}\n`),
  });
  /** Sum over the log's lines `CPU <what> buffer size = 16.00 MiB`; the log is written from other threads. */
  const sum = (what: string) =>
    [...log.matchAll(new RegExp(`${what} buffer size =\\s+([\\d.]+) MiB`, 'g'))].reduce(
      (total, [, size]) => total + Number(size) * 2 ** 20,
      0,
    );
  const until = async (condition: () => boolean) => {
    for (let waited = 0; !condition() && waited < 5_000; waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    async measure(path, contextSize) {
      log = '';
      const model = await llama.loadModel({ modelPath: path });
      await until(() => sum('model') > 0);
      const weightsBytes = sum('model');
      log = '';
      const context = await model.createContext({ contextSize, batchSize: 512 });
      await until(() => sum('compute') > 0);
      const measured = { weightsBytes, cacheBytes: sum('KV'), computeBytes: sum('compute') };
      await context.dispose();
      await model.dispose();
      return measured;
    },
    dispose: () => llama.dispose(),
  };
}

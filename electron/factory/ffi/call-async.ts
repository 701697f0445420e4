// koffi's asynchronous calls as promises: the native function runs on libuv's pool, the event loop stays free.
import type { KoffiFunc } from 'koffi';

/** Calls a native function on another thread. Its arguments must stay unchanged until the promise settles. */
export function callAsync<Arguments extends unknown[], Result>(
  nativeFunction: KoffiFunc<(...values: Arguments) => Result>,
  ...values: Arguments
): Promise<Result> {
  return new Promise((resolve, reject) => {
    nativeFunction.async(...values, (error: Error | null, result: Result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    });
  });
}

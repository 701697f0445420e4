// Looking into a computation: llama.cpp calls back for every node of its graph (cb_eval). koffi queues those calls to this
// thread while the computing one waits, so what is done here must be short. Only products of weights are shown.
import koffi, { type LibraryHandle } from 'koffi';
import { invariant } from '#src/errors/assert.ts';
import type {
  EvaluationCalls,
  GraphProduct,
  GraphTensor,
  ProductObserver,
} from './llama-library.types.ts';
import { evaluationCallback } from './struct-layouts.ts';

/** struct ggml_tensor on 64-bit machines (ggml/include/ggml.h); its size is checked when the library is opened. */
const tensorBytes = 336;
const objectBytes = 32;
const offsets = {
  type: 0,
  shape: 16,
  strides: 48,
  operation: 80,
  sources: 152,
  name: 256,
} as const;
const nameBytes = 64;
/** Operations are numbered by release; the highest is far above. */
const searchedOperations = 64;

export function openEvaluationCalls(base: LibraryHandle): EvaluationCalls {
  const overhead = base.func('ggml_tensor_overhead', 'size_t', []) as () => number | bigint;
  const operationName = base.func('ggml_op_name', 'const char *', ['int']) as (
    operation: number,
  ) => string;
  const get = base.func('ggml_backend_tensor_get', 'void', [
    'void *', 'void *', 'size_t', 'size_t',
  ]) as (tensor: bigint, target: Uint8Array, offset: number, size: number) => void; // prettier-ignore
  invariant(
    Number(overhead()) === tensorBytes + objectBytes,
    'ggml_tensor has the size that this release gives it',
  );
  // Made now: koffi makes no callback types any more once a worker thread that used it has ended.
  const callbackPointer = koffi.pointer(evaluationCallback);
  const threeSources = koffi.array('void *', 3);
  const operations = Array.from({ length: searchedOperations }, (_, id) => operationName(id));
  const product = operations.indexOf('MUL_MAT');
  const expertProduct = operations.indexOf('MUL_MAT_ID');
  invariant(product > 0 && expertProduct > 0, 'ggml names its matrix products');

  function readProduct(address: bigint, operation: number): GraphProduct {
    const [weight, input, experts] = koffi.decode(
      address,
      offsets.sources,
      threeSources,
    ) as bigint[];
    invariant(Boolean(weight) && Boolean(input), 'a product has two sources');
    return {
      weight: readTensor(weight!),
      input: readTensor(input!),
      experts: operation === expertProduct && experts ? readTensor(experts) : undefined,
    };
  }

  return {
    observe(observer: ProductObserver) {
      let failure: Error | undefined;
      const answer = (tensor: bigint, ask: boolean): boolean => {
        // A failed observation asks for every node, because only a refused node stops the computation.
        if (failure !== undefined) return ask;
        try {
          const operation = koffi.decode(tensor, offsets.operation, 'int32') as number;
          if (operation !== product && operation !== expertProduct) return !ask;
          const shown = readProduct(tensor, operation);
          return ask ? observer.wants(shown) : observer.see(shown);
        } catch (error) {
          failure = error instanceof Error ? error : new Error(String(error));
          return ask;
        }
      };
      const address = koffi.register(answer, callbackPointer);
      return { address, failure: () => failure, dispose: () => koffi.unregister(address) };
    },
    copy: (tensor, target, offset) => get(tensor.address, target, offset, target.byteLength),
  };
}

function readTensor(address: bigint): GraphTensor {
  const bytes = koffi.decode(address, 'uint8', tensorBytes) as Uint8Array;
  const view = new DataView(bytes.buffer, bytes.byteOffset, tensorBytes);
  const four = (offset: number) =>
    [0, 8, 16, 24].map((step) => Number(view.getBigInt64(offset + step, true))) as [
      number, number, number, number,
    ]; // prettier-ignore
  const shape = four(offsets.shape);
  const strides = four(offsets.strides);
  const text = bytes.subarray(offsets.name, offsets.name + nameBytes);
  const end = text.indexOf(0);
  return {
    address,
    name: Buffer.from(end < 0 ? text : text.subarray(0, end)).toString('utf8'),
    typeId: view.getInt32(offsets.type, true),
    shape,
    strides,
    // ggml_nbytes: both types that are read, F32 and I32, have elements of 4 bytes.
    byteLength: 4 + shape.reduce((sum, size, index) => sum + (size - 1) * strides[index]!, 0),
  };
}

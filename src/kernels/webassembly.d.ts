// The part of the WebAssembly API that kernels use. Every runtime has it, but TypeScript only declares it with the DOM.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, never>);
    readonly exports: Record<string, unknown>;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  /** A module that this processor or runtime cannot run. */
  class CompileError extends Error {}
  /** A trap. */
  class RuntimeError extends Error {}
}

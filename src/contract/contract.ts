// What crosses a process border is declared once: a map method -> schemas. Client, server and test doubles derive
// their types from it, so a method is written in one place.
import type { z } from 'zod';

export interface MethodContract {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** What the method reports while it runs. */
  readonly event: z.ZodType;
}

export type Contract = Readonly<Record<string, MethodContract>>;
export type MethodName<C extends Contract> = Extract<keyof C, string>;

/** What a caller writes: defaults may be left out. */
export type ParamsOf<C extends Contract, M extends MethodName<C>> = z.input<C[M]['params']>;
/** What a handler gets: parsed, with defaults filled in. */
export type ParsedParamsOf<C extends Contract, M extends MethodName<C>> = z.output<C[M]['params']>;
export type ResultOf<C extends Contract, M extends MethodName<C>> = z.output<C[M]['result']>;
export type EventOf<C extends Contract, M extends MethodName<C>> = z.output<C[M]['event']>;

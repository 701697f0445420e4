// How the work of a job reaches the factory: whoever runs it (command line, window) hands in a call of its own host, so that
// no job knows processes.
import type { ParamsOf, ResultOf } from '#src/contract/contract.ts';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import type { FoundEvent } from '#src/contract/doctor/diagnosis.ts';
import type { EventSink } from '#src/contract/stage-events.ts';

type RequestMethod =
  | 'build'
  | 'convert'
  | 'convertLora'
  | 'merge'
  | 'quantize'
  | 'collectImatrix'
  | 'allocate'
  | 'evaluate'
  | 'measureMatrix'
  | 'benchSpeed'
  | 'runTasks'
  | 'repair'
  | 'probeBehaviour'
  | 'diagnose'
  | 'validate';

/** Calls a method of the factory host. */
export type CallFactory = <Method extends RequestMethod>(
  method: Method,
  params: ParamsOf<FactoryContract, Method>,
  options: {
    readonly signal: AbortSignal;
    readonly onEvent: EventSink;
    /** Gets the checks and findings of a diagnosis; who hands them to nobody may leave it out. */
    readonly onFound?: (event: FoundEvent) => void;
  },
) => Promise<ResultOf<FactoryContract, Method>>;

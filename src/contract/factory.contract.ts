// What may be asked of the factory host: plain parameters (absolute paths, options), a stream of StageEvents, a plain
// result. The command line, the TypeScript API and later the window derive their calls from this file.
import { z } from 'zod';
import { machineSchema } from './machine.ts';
import { stageEventSchema } from './stage-event-schema.ts';
import type { Contract } from './contract.ts';

const event = stageEventSchema;

export const factoryContract = {
  /** What this machine has. */
  describeMachine: { params: z.object({}), result: machineSchema, event },
} as const satisfies Contract;

export type FactoryContract = typeof factoryContract;

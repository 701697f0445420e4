// Process entry of the factory host: answers the factory contract over the connection to its parent. Everything that
// may end the process (native code) happens here, never in the parent.
import { factoryContract } from '#src/contract/factory.contract.ts';
import { endHost, openHostPort } from '#src/io/host-port.ts';
import { serve } from '#src/rpc/server.ts';
import { factoryHandlers } from './methods/factory-handlers.ts';

serve(factoryContract, factoryHandlers, openHostPort(), { onStopped: endHost });

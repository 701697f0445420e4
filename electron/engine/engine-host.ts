// Process entry of the engine host: loaded models and chats over node-llama-cpp, behind the engine contract.
import { engineContract } from '#src/contract/engine.contract.ts';
import { endHost, openHostPort } from '#src/io/host-port.ts';
import { serve } from '#src/rpc/server.ts';
import { createEngine } from './engine.ts';

const engine = createEngine();

serve(engineContract, engine.handlers, openHostPort(), {
  onStopped: () => void engine.dispose().finally(endHost),
});

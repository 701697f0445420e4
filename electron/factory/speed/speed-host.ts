// Process entry of one file's timing: it loads that file alone and ends with it, so that its peak memory is the file's own.
import { endHost, openHostPort } from '#src/io/host-port.ts';
import { serve } from '#src/rpc/server.ts';
import { openLlamaLibrary } from '../ffi/open-llama-library.ts';
import { measureSpeed } from './measure-speed.ts';
import { speedContract } from './speed-contract.ts';

serve(
  speedContract,
  { measureSpeed: (request, context) => measureSpeed(openLlamaLibrary(), request, context) },
  openHostPort(),
  { onStopped: endHost },
);

// `build`: a recipe to its files.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { buildRecipe } from '#src/jobs/build-recipe.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { factoryPorts } from '../factory-ports.ts';
import { forwardNativeLog, nativeLibrary } from '../native-library.ts';

export const build: Handlers<FactoryContract>['build'] = async (params, { signal, emit }) => {
  const document = parseRecipe(params.recipe, params.label);
  const stopLog = forwardNativeLog(nativeLibrary(), emit);
  try {
    const { folder, validate, keepTemp, overwrite, verifyReused, threads } = params;
    const context = { folder, validate, keepTemp, overwrite, verifyReused, threads, signal };
    return await runToEnd(buildRecipe(document, { ...context, ports: factoryPorts() }), emit);
  } finally {
    stopLog();
  }
};

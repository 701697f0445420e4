// `describeAdapterBase`: what a converted adapter depends on, so that whoever keeps converted adapters knows when one can
// be used again.
import { createHash } from 'node:crypto';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { openGgufFile } from '#src/jobs/open-sources.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { conversionBasis } from '#src/stages/convert-lora/conversion-basis.ts';

/** For GGUF bases, whole or split. Throws what reading their header throws. */
export const describeAdapterBase: Handlers<FactoryContract>['describeAdapterBase'] = async ({
  base,
}) => {
  const model = await openGgufFile(base);
  try {
    const basis = createHash('sha256').update(conversionBasis(model)).digest('hex');
    return { architecture: model.architecture, basis };
  } finally {
    await model.close();
  }
};

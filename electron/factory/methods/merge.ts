// `merge`: adapters into the weights of their base, rounded once.
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { openAdapter, openPlainBase, type OpenedSource } from '#src/jobs/open-sources.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import type { Handlers } from '#src/rpc/server.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import { planMerged } from '#src/stages/merge/plan-merged.ts';
import { writeChecked } from './write-checked.ts';

const typeOf = { f32: 'F32', f16: 'F16', bf16: 'BF16', q8_0: 'Q8_0' } as const;

export const merge: Handlers<FactoryContract>['merge'] = async (params, { signal, emit }) => {
  emit({ event: 'phase', phase: 'Reading', detail: params.base });
  const base = await openPlainBase(params.base, { signal });
  const adapters: { source: OpenedSource<LoraAdapter>; weight: number }[] = [];
  const closeAll = () =>
    Promise.all([base.content.close(), ...adapters.map(({ source }) => source.content.close())]);
  try {
    for (const message of base.notices) emit({ event: 'notice', level: 'warning', message });
    for (const { path, scale } of params.adapters) {
      adapters.push({ source: await openAdapter(path), weight: scale });
    }
    const merged = await mergeAdapters(
      base.content,
      adapters.map(({ source, weight }) => ({ adapter: source.content, weight })),
      {
        method: params.method,
        report: emit,
        ...(params.density === undefined ? {} : { density: params.density }),
        ...(params.seed === undefined ? {} : { seed: params.seed }),
      },
    );
    const inputs = [base, ...adapters.map(({ source }) => source)].flatMap((each) => each.inputs);
    const plan = planMerged(merged, typeOf[params.outtype], {
      allowRequantize: params.allowRequantize,
    });
    const outputs = [{ path: params.output, plan }];
    return await writeChecked(outputs, { ...params, inputs, signal, emit });
  } finally {
    await closeAll();
  }
};
